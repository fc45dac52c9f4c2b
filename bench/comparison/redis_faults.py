"""What faults of Redis cost clients: p99 of a steady load with each fault, beside that without Redis.

Each fault begins half a second after the load and ends before it, so that its beginning, its length and the
recovery are all in the figure.
"""

import contextlib
import pathlib
import signal
import sys
import threading

from comparison.redis import DotringWithRedis, RedisWork
from comparison.source import check_all_right

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "test" / "live"))

from harness.redis_ways import Delayed, Garbage  # noqa: E402

RATE = 2000
LOAD_S = 4
FAULT_FROM_S = 0.5
FAULT_S = 2
LATE_S = 0.5


class Ends(contextlib.ExitStack):
    """What the servers in the way want of a test's stage."""

    def at_end(self, close):
        self.callback(close)


class Fault:
    """None at all: what Redis itself costs."""

    name = "well"

    def prepare(self, own, ends):
        """Puts something in the way, before dotring starts."""

    def begin(self, own):
        pass

    def end(self, own):
        pass


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
        own.way_port = self._way.port

    def begin(self, own):
        self._way.delay_s = LATE_S

    def end(self, own):
        self._way.delay_s = 0.0


class Nonsense(Fault):
    name = "garbage"

    def prepare(self, own, ends):
        own.way_port = Garbage(ends).port
        own.readable = False


FAULTS = (Fault(), Stopped(), Killed(), Full(), Slow(), Nonsense())


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
        own = DotringWithRedis(server)
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
                return self._load(own, source)
            finally:
                for timer in timers:
                    timer.join()

    @staticmethod
    def _load(server, source):
        options = ("--names", 0, "--first-name", source.new_names(100_000), "-c", 4, "-q", 4096)
        report = source.run(server.port, *options, "-Q", RATE, "-l", LOAD_S)
        check_all_right(report, server.name)
        return report["latency_from_due_us"]["p99"]


WORKS = (RedisFaults(),)
