"""What faults of Redis cost clients: p99 of a steady load with each fault, beside that without Redis.

Each fault begins half a second after the load and ends before it, so that its beginning, its length and the
recovery are all in the figure.
"""

import contextlib
import pathlib
import signal
import sys
import threading

from comparison.metrics import page_sums
from comparison.redis import READABLE, DotringWithRedis, Redis, RedisWork
from comparison.redis_groups import Cluster, Sentinels
from comparison.source import check_all_right

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "test" / "live"))

from harness.redis_ways import Delayed, Garbage  # noqa: E402

RATE = 2000
LOAD_S = 4
FAULT_FROM_S = 0.5
FAULT_S = 2
LATE_S = 0.5
MASTERS = "dotring_redis_masters_changed_total"
BREAKER_OPENED = "dotring_redis_breaker_opened_total"


class Ends(contextlib.ExitStack):
    """What the servers in the way want of a test's stage."""

    def at_end(self, close):
        self.callback(close)


class Fault:
    """None at all: what Redis itself costs."""

    name = "well"
    make_redis = Redis
    load_s = LOAD_S

    def prepare(self, own, ends):
        """Puts something in the way, before dotring starts."""

    def begin(self, own):
        pass

    def end(self, own):
        pass

    def check(self, own):
        """Fails when what was to happen did not happen."""


class Stopped(Fault):
    name = "stopped"

    def begin(self, own):
        own.redis.process.signal(signal.SIGSTOP)

    def end(self, own):
        own.redis.process.signal(signal.SIGCONT)


class Killed(Fault):
    name = "killed"

    def begin(self, own):
        own.redis.process.signal(signal.SIGKILL)

    def end(self, own):
        own.redis.start()


class Full(Fault):
    name = "full"

    def begin(self, own):
        own.redis.cli("config", "set", "maxmemory", "1")

    def end(self, own):
        own.redis.cli("config", "set", "maxmemory", "0")


class Slow(Fault):
    name = "slow"

    def prepare(self, own, ends):
        self._way = Delayed(ends, own.redis)
        own.url = self._way.url

    def begin(self, own):
        self._way.delay_s = LATE_S

    def end(self, own):
        self._way.delay_s = 0.0


class Nonsense(Fault):
    name = "garbage"

    def prepare(self, own, ends):
        own.url = Garbage(ends).url
        own.servers = 0


class NodeLost(Fault):
    """A third of the names has nowhere to be asked or stored."""

    name = "node_lost"
    make_redis = Cluster

    def begin(self, own):
        own.redis.nodes[1].process.signal(signal.SIGKILL)

    def end(self, own):
        own.redis.nodes[1].start()

    def check(self, own):
        if page_sums(own, BREAKER_OPENED)[0] == 0:
            raise RuntimeError("the lost node was not noticed")


class FailedOver(Fault):
    """The master dies, and the sentinels need their time."""

    name = "failed_over"
    make_redis = Sentinels
    load_s = 2 * LOAD_S

    def begin(self, own):
        own.redis.master.process.signal(signal.SIGKILL)

    def check(self, own):
        if page_sums(own, MASTERS)[0] < 2 or page_sums(own, READABLE)[0] == 0:
            raise RuntimeError("the new master was not taken up while the load went on")


FAULTS = (Fault(), Stopped(), Killed(), Full(), Slow(), Nonsense(), NodeLost(), FailedOver())


class RedisFaults(RedisWork):
    name = "redis-faults"
    title = f"p99 of {RATE} misses/s, Redis"
    rounds_max = 3

    def round(self, server, source):
        result = {"p99_without_us": self._load(server, source)}
        for fault in FAULTS:
            result[f"p99_{fault.name}_us"] = self._with(fault, server, source)
        return result

    def _with(self, fault, server, source):
        own = DotringWithRedis(server, fault.make_redis)
        with Ends() as ends:
            fault.prepare(own, ends)
            own.start()
            ends.callback(own.end)
            timers = [
                threading.Timer(FAULT_FROM_S, fault.begin, [own]),
                threading.Timer(FAULT_FROM_S + FAULT_S, fault.end, [own]),
            ]
            for timer in timers:
                timer.start()
            try:
                p99_us = self._load(own, source, fault.load_s)
                fault.check(own)
                return p99_us
            finally:
                for timer in timers:
                    timer.join()

    @staticmethod
    def _load(server, source, seconds=LOAD_S):
        options = ("--names", 0, "--first-name", source.new_names(100_000), "-c", 4, "-q", 4096)
        report = source.run(server.port, *options, "-Q", RATE, "-l", seconds)
        check_all_right(report, server.name)
        return report["latency_from_due_us"]["p99"]


WORKS = (RedisFaults(),)
