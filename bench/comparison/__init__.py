"""bench/compare: dotring beside dnsdist and Unbound, in one run, on one core each."""
