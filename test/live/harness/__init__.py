"""What the live tests stand on: real servers on loopback, started and ended by the test that needs them."""
