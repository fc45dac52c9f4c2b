"""What is measured: each work gives rows of (who, figures) per round, and says what is to be reached."""

from comparison.processes import HOST, Pinned, accepts, answers, free_port

SERVER_CORE = 0
DOT_CLIENTS = 1000
PACED = (10_000, 50_000, 100_000)


class Servers:
    """An echo, a responder, one that stalls, and one over TLS; all on core 0, idle unless asked."""

    def __init__(self, bin_dir, folder):
        self.echo_port, self.plain_port, self.stall_port, self.tls_port = (free_port() for _ in range(4))
        responder = bin_dir / "dotring-responder"
        started = [
            Pinned("echo", [bin_dir / "dotring-echo", HOST, self.echo_port, "runs"], SERVER_CORE, folder),
            Pinned("plain", [responder, "--plain", f"{HOST}:{self.plain_port}"], SERVER_CORE, folder),
            Pinned("stall", [responder, "--plain", f"{HOST}:{self.stall_port}", "--default", "stall=200ms/2s",
                             "--delayed-max", 1_000_000], SERVER_CORE, folder),
            Pinned("tls", [responder, "--tls", f"{HOST}:{self.tls_port}", "--make-cert", "responder.bench"],
                   SERVER_CORE, folder),
        ]  # fmt: skip
        started[1].wait_until(lambda: answers(self.plain_port), "an answer")
        started[2].wait_until(lambda: answers(self.stall_port), "an answer")
        started[3].wait_until(lambda: accepts(self.tls_port), "TLS port")
        self.processes = started

    def stop(self):
        for process in self.processes:
            process.stop()


def udp_throughput(servers, flood, dnsperf, seconds):
    """Closed loop against an echo; both with a window that keeps the echo busy, dnsperf with its best."""
    ours = flood.run(servers.echo_port, "--echo", "-c", 1, "-q", 1000, "-l", seconds)
    rows = [("dotring-flood", _flood_figures(ours))]
    theirs = max(
        (dnsperf.run(servers.echo_port, "-q", window, "-l", seconds) for window in (100, 1000)),
        key=lambda result: result["queries_per_s"],
    )
    return rows + [("dnsperf", _dnsperf_figures(theirs))]


def pacing(servers, flood, _, seconds):
    rows = []
    for rate in PACED:
        run = flood.run(servers.echo_port, "--echo", "-Q", rate, "-l", max(seconds, 3), "--spin")
        figures = {
            "rate off/s": run["pacing"]["second_off_worst"],
            "off/10ms p99": run["pacing"]["10ms_off_p99"],
            "late p99 us": run["lateness"]["p99"] / 1000,
            "late max us": run["lateness"]["max"] / 1000,
            "failed": 1 - run["received"]["responses"] / run["due"],
        }
        rows.append((f"{rate:,} queries/s", figures))
    return rows


def stall(servers, flood, dnsperf, seconds):
    options = ("-Q", 5000, "-l", max(seconds, 4))
    ours = flood.run(servers.stall_port, *options)
    theirs = dnsperf.run(servers.stall_port, *options, "-v")
    return [
        ("dotring-flood", {"p99 ms": ours["latency_from_due"]["p99"] / 1e6,
                           "sent/s": ours["sent"]["queries"] * 1e9 / ours["duration"]}),
        ("dnsperf", {"p99 ms": theirs["p99_s"] * 1000, "sent/s": theirs["queries_per_s"]}),
    ]  # fmt: skip


def dot(servers, flood, dnsperf, seconds):
    """1,000 connections that stay, and 1,000 that end after 20 queries: dnsperf does not resume sessions."""
    options = ("-m", "dot", "-c", DOT_CLIENTS, "-q", DOT_CLIENTS, "-l", max(seconds, 5), "-t", 30)
    ours = flood.run(servers.tls_port, *options)
    theirs = dnsperf.run(servers.tls_port, *options)
    again = flood.run(servers.tls_port, *options, "--queries-per-connection", 20)
    rows = []
    for who, run in (("dotring-flood", ours), ("dotring-flood, 20 per connection", again)):
        handshakes = run["conn_info"]["handshakes"]
        figures = _flood_figures(run)
        figures["handshakes/s"] = handshakes * 1e9 / run["duration"]
        figures["resumed"] = run["conn_info"]["resumption"]["established"] / handshakes
        rows.append((who, figures))
    again = dnsperf.run(servers.tls_port, *options, "-O", "num-queries-per-conn=20")
    return rows + [
        ("dnsperf", _dnsperf_figures(theirs)),
        ("dnsperf, 20 per connection", _dnsperf_figures(again)),
    ]


def _flood_figures(run):
    return {
        "queries/s": run["queries_per_s"],
        "CPU us/query": run["process_cpu_s"] * 1e6 / max(run["sent"]["queries"], 1),
        "p99 ms": run["latency_from_sent"]["p99"] / 1e6,
        "failed": 1 - run["received"]["responses"] / max(run["sent"]["queries"], 1),
    }


def _dnsperf_figures(run):
    return {
        "queries/s": run["queries_per_s"],
        "CPU us/query": run["process_cpu_s"] * 1e6 / max(run["sent"], 1),
        "failed": 1 - run["completed"] / max(run["sent"], 1),
    }


# Name -> (title, function, bars as (text, who, figure, at least or at most, limit, who else or None))
WORKS = {
    "udp": (
        "UDP from one core against an echo on the other",
        udp_throughput,
        [("queries/s, times dnsperf's", "dotring-flood", "queries/s", ">=", 2.0, "dnsperf")],
    ),
    "pacing": (
        "open loop, --spin, its own core",
        pacing,
        [
            bar
            for rate in PACED
            for bar in (
                (f"{rate:,}/s: rate off per second", f"{rate:,} queries/s", "rate off/s", "<=", 0.001, None),
                (f"{rate:,}/s: off per 10 ms (p99)", f"{rate:,} queries/s", "off/10ms p99", "<=", 0.01, None),
                (f"{rate:,}/s: late p99 us", f"{rate:,} queries/s", "late p99 us", "<=", 200, None),
            )
        ],
    ),
    "stall": (
        "a server that stalls 200 ms every 2 s, 5,000 queries/s",
        stall,
        [("p99 ms from when due", "dotring-flood", "p99 ms", ">=", 150, None)],
    ),
    "dot": (
        f"DoT, {DOT_CLIENTS:,} clients",
        dot,
        [
            ("CPU us/query, times dnsperf's", "dotring-flood", "CPU us/query", "<=", 1.0, "dnsperf"),
            (
                "CPU us/query with 20 per connection, times dnsperf's",
                "dotring-flood, 20 per connection", "CPU us/query", "<=", 1.0, "dnsperf, 20 per connection",
            ),
        ],  # fmt: skip
    ),
}
