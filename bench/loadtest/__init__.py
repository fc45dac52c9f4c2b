"""bench/load: dotring-flood beside dnsperf, in one run."""
