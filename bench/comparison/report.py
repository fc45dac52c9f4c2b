"""From the rounds' results to a table: medians, ratios within rounds, targets."""

import statistics

# Figure -> (heading, format, unit's divisor)
FIGURES = {
    "cpu_us_per_query": ("CPU µs/query", "{:.2f}", 1),
    "cpu_us_off": ("off µs/query", "{:.2f}", 1),
    "cpu_us_on": ("on µs/query", "{:.2f}", 1),
    "cpu_us_plain_off": ("no cookie, off", "{:.2f}", 1),
    "cpu_us_plain_all": ("all µs/query", "{:.2f}", 1),
    "protected_ratio": ("on / off", "{:.3f}", 1),
    "protected_all_ratio": ("all / off", "{:.3f}", 1),
    "queries_per_s": ("queries/s", "{:,.0f}", 1),
    "p50_us": ("p50 µs", "{:,.0f}", 1),
    "p99_us": ("p99 µs", "{:,.0f}", 1),
    "late_p99_us": ("sent late p99 µs", "{:,.0f}", 1),
    "failed_share": ("failed", "{:.2%}", 1),
    "queries_per_tls_write": ("queries/TLS write", "{:.1f}", 1),
    "upstream_cpu_us_per_query": ("its upstream's µs", "{:.2f}", 1),
    "above_us": ("µs above", "{:.2f}", 1),
    "lookup_us": ("of it look-up", "{:.2f}", 1),
    "stored_us": ("of it storing", "{:.2f}", 1),
    "commands_per_miss": ("commands/miss", "{:.2f}", 1),
    "lookups_per_miss": ("look-ups/miss", "{:.2f}", 1),
    "commands_per_write": ("commands/write", "{:.1f}", 1),
    "redis_hit_share": ("hits in Redis", "{:.2%}", 1),
    "without_upstream_share": ("without the upstream", "{:.2%}", 1),
    "p99_without_us": ("none µs", "{:,.0f}", 1),
    "p99_well_us": ("well µs", "{:,.0f}", 1),
    "p99_stopped_us": ("stopped µs", "{:,.0f}", 1),
    "p99_killed_us": ("killed µs", "{:,.0f}", 1),
    "p99_full_us": ("full µs", "{:,.0f}", 1),
    "p99_slow_us": ("500 ms late µs", "{:,.0f}", 1),
    "p99_garbage_us": ("garbage µs", "{:,.0f}", 1),
    "p99_node_lost_us": ("node lost µs", "{:,.0f}", 1),
    "p99_failed_over_us": ("failed over µs", "{:,.0f}", 1),
    "lost_share": ("throughput lost", "{:.1%}", 1),
    "audit_dropped": ("records dropped", "{:,.0f}", 1),
    "bytes_per_answer": ("bytes/answer", "{:,.0f}", 1),
    "cached_share": ("cached", "{:.2%}", 1),
    "first_answer_ms": ("first answer ms", "{:.1f}", 1),
    "idle_cpu_ms_per_s": ("CPU ms/s", "{:.3f}", 1),
    "resident_bytes": ("resident MB", "{:.1f}", 1e6),
}


class Target:
    """dotring's figure against another server's (ratio) or a number (other is None)."""

    def __init__(self, work, figure, limit, other=None):
        self.work = work
        self.figure = figure
        self.limit = limit
        self.other = other

    def line(self, results):
        own = results.get((self.work, "dotring"))
        theirs = results.get((self.work, self.other)) if self.other else own
        if not own or not theirs:
            return None
        values = [result[self.figure] for result in own]
        if self.other:
            values = [value / result[self.figure] for value, result in zip(values, theirs)]
        value = statistics.median(values)
        what = f"{self.work} {self.figure}" + (f" / {self.other}" if self.other else "")
        verdict = "reached" if value <= self.limit else f"missed by {value / self.limit - 1:.0%}" if self.limit else "missed"
        return f"{what:<46} {value:>10.3f}  ≤ {self.limit:<8} {verdict}"


PEERS = ("dnsdist", "unbound")
HITS_OVER_UDP = ("hits-udp", "hits-udp-apart")
TARGETS = [Target(hits, "cpu_us_per_query", 1.12, "echo") for hits in HITS_OVER_UDP]
for peer in PEERS:
    TARGETS += [Target(hits, "cpu_us_per_query", 0.85, peer) for hits in HITS_OVER_UDP]
    TARGETS += [
        Target("misses-dot", "cpu_us_per_query", 0.35, peer),
        Target("hits-tcp", "cpu_us_per_query", 0.4, peer),
        Target("memory", "bytes_per_answer", 1.0, peer),
    ]
    for latency in ("latency-5k", "latency-80k", "latency-misses"):
        TARGETS += [Target(latency, "p50_us", 1.0, peer), Target(latency, "p99_us", 1.0, peer)]
TARGETS += [
    Target("hits-protected", "protected_ratio", 1.05),
    Target("redis-hits", "above_us", 2.5),
    Target("redis-write-behind", "stored_us", 1.5),
    Target("audit-stopped", "lost_share", 0.1),
    Target("memory", "bytes_per_answer", 256),
    Target("idle", "idle_cpu_ms_per_s", 0.1),
    Target("idle", "first_answer_ms", 100),
    Target("idle", "resident_bytes", 20e6),
]


def median_of(results, figure):
    values = [result[figure] for result in results if figure in result]
    return statistics.median(values) if values else None


def work_table(work, results):
    """The table of one work: a line per server, medians of its rounds."""
    servers = [name for (work_name, name) in results if work_name == work.name]
    figures = [f for f in FIGURES if any(f in r for name in servers for r in results[work.name, name])]
    reference = "echo" if "echo" in servers else servers[0]
    lines = [[work.title] + [FIGURES[figure][0] for figure in figures] + [f"CPU / {reference}"]]
    for name in servers:
        own = results[work.name, name]
        cells = [_cell(figure, median_of(own, figure)) for figure in figures]
        lines.append([name] + cells + [_ratio(own, results[work.name, reference])])
    if "cpu_us_per_query" not in figures:
        lines = [line[:-1] for line in lines]
    return _aligned(lines)


def _cell(figure, value):
    _, form, divisor = FIGURES[figure]
    return "–" if value is None else form.format(value / divisor)


def _ratio(own, reference):
    """The median over the rounds of the ratio within the round."""
    pairs = zip(own, reference)
    ratios = [a["cpu_us_per_query"] / b["cpu_us_per_query"] for a, b in pairs if "cpu_us_per_query" in a]
    return f"{statistics.median(ratios):.2f}" if ratios else "–"


def _aligned(lines):
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    out = []
    for line in lines:
        cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        out.append("  ".join([line[0].ljust(widths[0])] + cells))
    return "\n".join(out)


def target_lines(results):
    return list(filter(None, (target.line(results) for target in TARGETS)))
