"""Redis as a second level under load: a restart is warm for all names, and no fault of Redis costs a query."""

import contextlib
import signal

import pytest
from harness import client
from harness.dotring import Dotring, Responder
from harness.flood import Flood, all_right
from harness.redis import PATIENT_WITH_REDIS, Cluster, Redis, Sentinels
from harness.redis_ways import Delayed, Garbage
from harness.waiting import wait_for

NAMES = 10_000
RATE = 1000
LOAD = ("--names", 0, "-Q", RATE, "-l", 2, "-c", 2, "-q", 4096, "-t", 8)


def dotring_with(stage, redis, upstreams, options=None, servers=1):
    """Ready, and Redis is asked: connected, and the flushes of others are known."""
    settings = {"redis.url": redis.url, "engine.workers": 1, **(options or {})}
    dotring = Dotring(stage, upstreams, settings)
    dotring.process.wait_for(lambda: total(dotring, "servers_readable") == servers, "all of Redis is there")
    names = iter(f"first{number}.example" for number in range(10_000))

    def asked():
        client.rcode(dotring.ask(next(names)))
        return total(dotring, "lookups_total") > 0

    dotring.process.wait_for(asked, "Redis is asked")
    return dotring


def total(dotring, name, **labels):
    return dotring.metrics().sum(f"dotring_redis_{name}", **labels)


def queries(dotring):
    return dotring.metrics().sum("dotring_queries_total")


def degraded(dotring):
    return "degraded" in dotring.page("/readyz")[1]


def wait_until_stored_again(dotring, prefix="recovered"):
    """New answers get there, of themselves."""
    before = total(dotring, "answers_stored_total")
    names = iter(f"{prefix}{number}.example" for number in range(10_000))

    def stored():
        client.rcode(dotring.ask(next(names)))
        return total(dotring, "answers_stored_total") > before

    dotring.process.wait_for(stored, "answers are stored again")
    dotring.process.wait_for(lambda: '"ready"' in dotring.page("/readyz")[1], "ready")


@contextlib.contextmanager
def load(dotring, first_name=0):
    """A steady load of names that nobody knows, under way; at the end every one was answered."""
    before = queries(dotring)
    flood = Flood(dotring.server, *LOAD, "--first-name", first_name)
    wait_for(lambda: queries(dotring) > before + RATE / 4, "the load is there")
    yield flood
    assert all_right(flood.result())


def test_a_restart_is_warm_for_all_names(stage, authority):
    """Asked in bursts of 512 and with no upstream: every answer is from Redis."""
    redis = Redis(stage)
    upstream = Responder(stage, authority, "--default", "ttl=86400")
    names = ("--names", NAMES, "--order", "sequential", "--count", NAMES)
    first = dotring_with(stage, redis, [upstream])
    # What the bounded queue dropped is asked again by one that knows nothing.
    for _ in range(5):
        assert all_right(Flood(first.server, *names, "-q", 64).result())
        first.stop()
        if len(redis.answer_keys()) >= NAMES:
            break
        first = dotring_with(stage, redis, [upstream])
    upstream.process.kill()
    again = dotring_with(stage, redis, [], PATIENT_WITH_REDIS)
    result = Flood(again.server, *names, "-c", 4, "-q", 512).result()
    assert result["response_rcodes"].get("NOERROR", 0) >= 0.99 * NAMES
    assert total(again, "lookups_total", result="hit") >= 0.99 * NAMES


class TestFaultsUnderLoad:
    """Whatever happens to Redis while queries come, each is answered, and Redis is used again afterwards."""

    def test_stopped(self, stage, authority):
        redis = Redis(stage)
        dotring = dotring_with(stage, redis, [Responder(stage, authority)])
        with load(dotring):
            redis.process.signal(signal.SIGSTOP)
            try:
                wait_for(lambda: degraded(dotring), "degraded")
            finally:
                redis.process.signal(signal.SIGCONT)
        wait_until_stored_again(dotring)

    def test_killed(self, stage, authority):
        redis = Redis(stage)
        dotring = dotring_with(stage, redis, [Responder(stage, authority)])
        with load(dotring):
            redis.process.kill()
            wait_for(lambda: degraded(dotring), "degraded")
            redis.start()
        wait_until_stored_again(dotring)

    def test_full(self, stage, authority):
        redis = Redis(stage, maxmemory_policy="noeviction")
        dotring = dotring_with(stage, redis, [Responder(stage, authority)])
        with load(dotring):
            redis.cli("config", "set", "maxmemory", "1")
            wait_for(lambda: total(dotring, "errors_total", kind="full") > 0, "Redis says that it is full")
            redis.cli("config", "set", "maxmemory", "0")
        wait_until_stored_again(dotring)

    def test_answering_after_500_ms(self, stage, authority):
        way = Delayed(stage, Redis(stage))
        dotring = dotring_with(stage, way, [Responder(stage, authority)])
        with load(dotring):
            way.delay_s = 0.5
            wait_for(lambda: degraded(dotring), "degraded")
            way.delay_s = 0.0
        wait_until_stored_again(dotring)

    def test_answering_garbage(self, stage, authority):
        garbage = Garbage(stage)
        dotring = Dotring(stage, [Responder(stage, authority)], {"redis.url": garbage.url})
        before = total(dotring, "garbage_total")
        with load(dotring):
            wait_for(lambda: total(dotring, "garbage_total") > before + 1, "garbage is counted")

    def test_a_node_of_a_cluster_is_lost(self, stage, authority):
        cluster = Cluster(stage)
        dotring = dotring_with(stage, cluster, [Responder(stage, authority)], servers=3)
        with load(dotring):
            cluster.nodes[1].process.kill()
            wait_for(lambda: total(dotring, "servers_readable") < 3, "it is noticed")
        before = total(dotring, "answers_stored_total")
        with load(dotring, first_name=1_000_000):
            wait_for(lambda: total(dotring, "answers_stored_total") > before, "the others are used")

    @pytest.mark.parametrize("way", ["asked", "killed"])
    def test_a_master_is_followed_by_another(self, stage, authority, way):
        sentinels = Sentinels(stage)
        dotring = dotring_with(stage, sentinels, [Responder(stage, authority)])
        with load(dotring):
            if way == "asked":
                sentinels.fail_over()
            else:
                sentinels.master.process.kill()
            changed = lambda: total(dotring, "masters_changed_total") >= 2  # noqa: E731
            dotring.process.wait_for(changed, "the new master is known", timeout_s=60)
        wait_until_stored_again(dotring, "after")
        wait_for(lambda: any("after" in key for key in sentinels.replica.answer_keys()), "the new master has them")
