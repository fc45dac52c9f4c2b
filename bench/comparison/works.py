"""What is measured: each work gives one result per server and round, as a dict of figures.

Invariant: CPU is the server's alone, over exactly the queries of the run that were answered rightly; the share
of those that were not is a figure of its own, and must be none for dotring.
"""

import contextlib
import signal
import time

from comparison.metrics import tls_batches
from comparison.processes import answers
from comparison.source import check_all_right, right_answers

NAMES = 10_000
MEMORY_ANSWERS = 1_000_000
RUN_S = 2
WARM_PASSES_MAX = 5  # dnsdist does not keep what comes while its cache is locked,
KEPT_MIN = 0.999 * NAMES  # nor two names with the same hash of 32 bits
HIT_TIMEOUT_S = 0.1  # the few that are missing must not hold up the source
CLIENTS = ("-c", 4, "-q", 128)
MANY_CLIENTS = ("-c", 256, "-q", 1)  # no two questions from one socket at a time: no reply leaves with another


@contextlib.contextmanager
def stopped(upstream):
    """While it is stopped only a cache can answer."""
    upstream.process.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        upstream.process.signal(signal.SIGCONT)


def measured(server, source, *options):
    """Runs the source once; figures of the run and of the server's CPU meanwhile."""
    server.process.check()
    before_ns = server.process.cpu_ns()
    report = source.run(server.port, *options)
    cpu_ns = server.process.cpu_ns() - before_ns
    server.process.check()
    right = report["answered"] if server.name == "echo" else right_answers(report)
    if server.name == "dotring":
        check_all_right(report, server.name, late_too=True)
    return {
        "answers": right,
        "cpu_us_per_query": cpu_ns / 1000 / max(right, 1),
        "queries_per_s": right / report["duration_s"],
        "p50_us": report["latency_from_due_us"]["p50"],
        "p99_us": report["latency_from_due_us"]["p99"],
        "late_p99_us": report["lateness_us"]["p99"],
        "failed_share": 1 - right / report["sent"],
        "resident_bytes": server.process.resident_bytes(),
    }


class Work:
    """Its name on the command line, its title in the table, and whether it is for fresh servers."""

    with_echo = False
    fresh = False
    rounds_max = 1_000_000
    only = None  # the name of the one server that it is about

    def warm(self, server, source):
        """Whatever must have happened before the first round."""

    def round(self, server, source):
        """One server's figures of one round."""
        raise NotImplementedError


class Hits(Work):
    """10,000 names, every one in the cache: the upstream is stopped while they are asked."""

    def __init__(self, name, title, options, mode="udp", with_echo=False):
        self.name = name
        self.title = title
        self.options = ("-m", mode, *options)
        self.mode = mode  # dnsdist keeps what came over TCP apart from the rest
        self.with_echo = with_echo

    def warm(self, server, source):
        if server.name == "echo":
            return
        options = ("-m", self.mode, "--names", NAMES, "--order", "sequential", "--count", NAMES, "-q", 64)
        for _ in range(WARM_PASSES_MAX):
            source.run(server.port, *options)
            with stopped(server.upstream):
                report = source.run(server.port, *options, "-t", 0.5)
            if right_answers(report) >= KEPT_MIN:
                return
        raise RuntimeError(f"{server.name} keeps {right_answers(report)} of {NAMES} names")

    def round(self, server, source):
        if server.name == "echo":
            return measured(server, source, "--echo", "--names", NAMES, "-l", RUN_S, *self.options)
        with stopped(server.upstream):
            return measured(server, source, "--names", NAMES, "-l", RUN_S, "-t", HIT_TIMEOUT_S, *self.options)


class Misses(Work):
    """No name twice: every query goes to the upstream over TLS."""

    def __init__(self, name, title, options):
        self.name = name
        self.title = title
        self.options = options

    def warm(self, server, source):
        # Not checked: the servers' connections may have ended while nobody asked.
        source.run(server.port, *self._options(source, 0.3))

    def round(self, server, source):
        before, upstream_before_ns = tls_batches(server), server.upstream.process.cpu_ns()
        result = measured(server, source, *self._options(source, RUN_S))
        after, upstream_ns = tls_batches(server), server.upstream.process.cpu_ns() - upstream_before_ns
        result["upstream_cpu_us_per_query"] = upstream_ns / 1000 / max(result["answers"], 1)
        if before and after and after[1] > before[1]:
            result["queries_per_tls_write"] = (after[0] - before[0]) / (after[1] - before[1])
        return result

    def _options(self, source, seconds):
        return "--names", 0, "--first-name", source.new_names(1_000_000), "-l", seconds, *self.options


class Memory(Work):
    """One million different answers in the cache of a server that was just started."""

    name = "memory"
    title = "one million cached answers"
    fresh = True
    rounds_max = 1

    def round(self, server, source):
        source.run(server.port, "--names", 0, "--first-name", source.new_names(2000), "--count", 2000, "-q", 64)
        before = server.process.resident_bytes()
        options = ("--names", MEMORY_ANSWERS, "--first-name", source.new_names(MEMORY_ANSWERS)) + (
            "--order", "sequential", "--count", MEMORY_ANSWERS, "-c", 4, "-q", 256, "-l", 600,
        )  # fmt: skip
        source.run(server.port, *options)
        after = server.process.resident_bytes()
        cached = self._still_cached(server, source, options)
        return {
            "bytes_per_answer": (after - before) / cached,
            "resident_bytes": after,
            "cached_share": cached / MEMORY_ANSWERS,
        }

    def _still_cached(self, server, source, options):
        """How many of the million are answered while the upstream is stopped."""
        with stopped(server.upstream):
            report = source.run(server.port, *options, "-t", 0.5)
        return right_answers(report)


class Idle(Work):
    """A server that was just started and that nobody asks."""

    name = "idle"
    title = "idle: start to first answer, CPU 75 s later, resident"
    fresh = True
    rounds_max = 2
    settle_s = 75  # what a start leaves behind is over: handshakes, their memory, idle limits learned
    idle_s = 20

    def round(self, server, source):
        server.stop()
        started = time.monotonic()
        server.launch()
        while not answers(server.port, timeout_s=0.05):
            server.process.check()
            time.sleep(0.0005)
        first_answer_s = time.monotonic() - started
        time.sleep(self.settle_s)
        before_ns = server.process.cpu_ns()
        time.sleep(self.idle_s)
        return {
            "first_answer_ms": first_answer_s * 1000,
            "idle_cpu_ms_per_s": (server.process.cpu_ns() - before_ns) / 1e6 / self.idle_s,
            "resident_bytes": server.process.resident_bytes(),
        }


WORKS = (
    Hits("hits-udp", "cache hits over UDP, 10,000 names", CLIENTS, with_echo=True),
    Hits("hits-udp-apart", "cache hits over UDP, 256 sockets with one question each", MANY_CLIENTS, with_echo=True),
    Misses("misses-dot", "misses over DoT, no name twice", CLIENTS),
    Hits("hits-tcp", "cache hits over TCP, pipelined", CLIENTS, mode="tcp"),
    Hits("latency-5k", "latency at 5,000 hits/s", ("-Q", 5_000, "--spin"), with_echo=True),
    Hits("latency-80k", "latency at 80,000 hits/s", ("-c", 4, "-q", 4096, "-Q", 80_000, "--spin"), with_echo=True),
    Misses("latency-misses", "latency at 20,000 misses/s", ("-c", 4, "-q", 4096, "-Q", 20_000)),
    Memory(),
    Idle(),
)
