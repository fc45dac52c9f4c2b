"""What Redis as a second level costs dotring: CPU above what the same run costs without it.

Redis, the source and the upstream share the other core: CPU per query counts, not queries per second.
"""

import shutil
import subprocess
import time

from comparison.metrics import page_sums
from comparison.processes import HOST, Pinned, accepts, free_port
from comparison.servers import SOURCE_CORE, UNKEPT_FIRST, Dotring
from comparison.source import right_answers
from comparison.works import RUN_S, Work, measured, stopped

NAMES = 50_000
RESTART_NAMES = 100_000
FILL_PASSES_MAX = 5
CLIENTS = ("-c", 4, "-q", 256)

COMMANDS = "dotring_redis_commands_written_total"
WRITES = "dotring_redis_writes_total"
READABLE = "dotring_redis_servers_readable"
HITS = 'dotring_redis_lookups_total{result="hit"}'


class Redis:
    servers = 1  # that dotring connects to

    def __init__(self, folder, *options):
        self.folder = folder
        self.port = free_port()
        self._command = [shutil.which("redis-server"), "--port", self.port, "--bind", HOST, "--dir", folder]
        self._command += ["--save", "", "--appendonly", "no", *options]
        self.start()

    @property
    def url(self):
        return f"redis://{HOST}:{self.port}"

    def start(self):
        """Again, after it was stopped: empty."""
        self.process = Pinned("redis", self._command, SOURCE_CORE, self.folder)
        self.process.wait_until(lambda: accepts(self.port), "port")

    def stop(self):
        self.process.stop()

    def cli(self, *words):
        command = ["redis-cli", "-p", self.port, *words]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True).stdout

    def keys(self):
        return int(self.cli("dbsize"))


class DotringWithRedis(Dotring):
    """Named as dotring, so that every answer of it must be right."""

    def __init__(self, beside, make_redis=Redis):
        super().__init__(beside.bin_dir, beside.folder, beside.upstream)
        self.redis = make_redis(beside.folder)
        self.url = self.redis.url  # where dotring connects to
        self.servers = self.redis.servers  # how many of them must be there

    def command(self):
        return [*super().command(), f"--redis.url={self.url}"]

    def start(self):
        super().start()
        self.process.wait_until(lambda: page_sums(self, READABLE)[0] >= self.servers, "Redis")

    def end(self):
        self.stop()
        self.redis.stop()


class RedisWork(Work):
    only = "dotring"


class RedisHits(RedisWork):
    name = "redis-hits"
    title = "hits in Redis: above a hit in memory"

    def round(self, server, source):
        own = DotringWithRedis(server)
        own.start()
        try:
            return self._round(own, source)
        finally:
            own.end()

    def _round(self, own, source):
        options = ("--names", NAMES, "--order", "sequential", "--count", NAMES, *CLIENTS)
        fill(own, source, NAMES)
        # The upstream runs: whatever Redis does not have in time it answers, and that is a figure, too.
        before = page_sums(own, COMMANDS, WRITES, HITS)
        from_redis = measured(own, source, *options)
        after = page_sums(own, COMMANDS, WRITES, HITS)
        from_memory = measured(own, source, *options)
        return {
            **from_redis,
            "above_us": from_redis["cpu_us_per_query"] - from_memory["cpu_us_per_query"],
            "commands_per_write": (after[0] - before[0]) / max(1, after[1] - before[1]),
            "redis_hit_share": (after[2] - before[2]) / NAMES,
        }



class RedisRestart(RedisWork):
    """A dotring that knows nothing, while the upstream is stopped: whatever is answered is from Redis."""

    name = "redis-restart"
    title = "restart with 100,000 names in Redis"

    def round(self, server, source):
        own = DotringWithRedis(server)
        own.start()
        try:
            options = fill(own, source, RESTART_NAMES)
            with stopped(own.upstream):
                report = source.run(own.port, *options, *CLIENTS)
            return {
                "without_upstream_share": right_answers(report) / RESTART_NAMES,
                "p50_us": report["latency_from_due_us"]["p50"],
                "p99_us": report["latency_from_due_us"]["p99"],
            }
        finally:
            own.end()


def fill(own, source, names):
    """Until Redis has all; what the queue or the breaker dropped is asked again by a dotring that knows nothing,
    which is what is left. Gives the options that ask for these names."""
    options = ("--names", names, "--order", "sequential", "--count", names)
    for _ in range(FILL_PASSES_MAX):
        source.run(own.port, *options, "-q", 64)
        own.restart()
        if own.redis.keys() >= names:
            return options
    raise RuntimeError(f"Redis has {own.redis.keys()} of {names} answers")


class RedisWriteBehind(RedisWork):
    """A miss asks Redis first. Answers that may not be kept (TTL 0) cost that, too, but are not stored: what they
    cost above a miss without Redis is the look-up, and what the others cost above it besides is the storing."""

    name = "redis-write-behind"
    title = "misses, stored in Redis too: above a miss without Redis"

    def round(self, server, source):
        own = DotringWithRedis(server)
        own.start()
        try:
            return self._round(server, own, source)
        finally:
            own.end()

    def _round(self, server, own, source):
        # Not checked: the servers' connections may have ended while nobody asked.
        for one in (server, own):
            source.run(one.port, *self._misses(source, 0, 0.3))
        kept, commands, writes = self._above(server, own, source, 0)
        not_kept, looked_up, _ = self._above(server, own, source, UNKEPT_FIRST)
        return {
            **kept,
            "lookup_us": not_kept["above_us"],
            "stored_us": kept["above_us"] - not_kept["above_us"],
            "commands_per_miss": commands / kept["answers"],
            "lookups_per_miss": looked_up / not_kept["answers"],
            "commands_per_write": commands / max(1, writes),
        }

    def _above(self, server, own, source, first):
        """(the run with Redis and what it took above the one without, commands, writes)"""
        without = measured(server, source, *self._misses(source, first, RUN_S))
        before = page_sums(own, COMMANDS, WRITES)
        result = measured(own, source, *self._misses(source, first, RUN_S))
        time.sleep(0.1)
        after = page_sums(own, COMMANDS, WRITES)
        result["above_us"] = result["cpu_us_per_query"] - without["cpu_us_per_query"]
        return result, after[0] - before[0], after[1] - before[1]

    def _misses(self, source, first, seconds):
        """Options that ask for names nobody has asked for, from `first` on."""
        return "--names", 0, "--first-name", first + source.new_names(1_000_000), "-l", seconds, *CLIENTS


WORKS = (RedisHits(), RedisWriteBehind(), RedisRestart())
