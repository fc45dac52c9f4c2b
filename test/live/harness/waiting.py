"""Waiting for what a test needs to be true, hardly ever for a time."""

import time

# For conditions that come true soon unless something is broken: generous, since a sanitizer build on a busy
# machine is slow, and free where all is well.
SOON_S = 30


def let_pass(seconds):
    """Only where whoever is late shows the same: something does not end then, or has ended, or hardly happens."""
    time.sleep(seconds)


def wait_for(condition, what, timeout_s=SOON_S):
    """Returns the first true value of condition(); fails with `what` after timeout_s."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout_s} s in vain: {what}")
        time.sleep(0.01)
