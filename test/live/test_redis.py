"""Redis as a second level, by Debian's redis-server: what one learned others answer, and nothing waits for it."""

import itertools
import pathlib
import signal
import time

import dns.flags
import pytest
from harness import client, servers
from harness.certificates import Authority
from harness.dotring import ASKED_ONCE, ENVIRONMENT, Dotring, Responder, run_once
from harness.redis import PASSWORD, PATIENT_WITH_REDIS, Cluster, Redis
from harness.redis_ways import Delayed, Garbage
from harness.upstream import PythonUpstream
from harness.waiting import wait_for

KEY = "00112233445566778899aabbccddeeff" * 2
OTHER_KEY = "ff" * 32
BLOCKED = 15


def dotring_with(stage, redis, upstreams, options=None, **more):
    """Ready, and connected to its Redis."""
    settings = {"redis.url": redis.url, "engine.workers": 1, "upstream.timeout_ms": 2000, **(options or {})}
    dotring = Dotring(stage, upstreams, settings, **more)
    wait_until_used(dotring)
    return dotring


def patient_with(stage, redis, upstreams, options=None, **more):
    """The same, and whatever Redis has is answered from there."""
    return dotring_with(stage, redis, upstreams, {**PATIENT_WITH_REDIS, **(options or {})}, **more)


def wait_until_used(dotring):
    """Connected, and the flushes of others are known."""
    dotring.process.wait_for(lambda: readable(dotring) and told_of_flushes(dotring), "Redis is asked")


def readable(dotring):
    return dotring.metrics().sum("dotring_redis_servers_readable") > 0


def told_of_flushes(dotring):
    page = dotring.metrics()
    return page.sum("dotring_redis_commands_total", command="get") > 0 and page.sum("dotring_redis_pending") == 0


def clock_ahead_by(seconds):
    """The environment of a program whose wall clock differs from everybody's; its timers do not."""
    (library,) = pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"{seconds:+}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "ASAN_OPTIONS": ENVIRONMENT["ASAN_OPTIONS"] + ":verify_asan_link_order=0",
    }


def hits(dotring):
    return dotring.metrics().sum("dotring_redis_lookups_total", result="hit")


def names_of(prefix, count):
    return [f"{prefix}{index}.zone.example" for index in range(count)]


def ask_all(dotring, names):
    """Asks all names at once over one TCP connection: {name: reply}."""
    messages = [client.query(name, id=index + 1) for index, name in enumerate(names)]
    with client.TcpClient(dotring.server) as connection:
        connection.send(*messages)
        replies = [connection.receive() for _ in messages]
    return {names[reply.id - 1]: reply for reply in replies}


def key_file(stage, text=KEY, name="seal.key"):
    path = stage.file(name, text + "\n")
    path.chmod(0o600)
    return path


def asked(responder_metrics):
    return responder_metrics.sum("dotring_upstream_queries_total")


class TestSharing:
    """What one asked, the others answer without the upstream."""

    def warm(self, stage, redis, authority, names, options=None):
        """An appliance that has asked `names` and ended; its upstream has ended, too."""
        upstream = Responder(stage, authority)
        first = patient_with(stage, redis, [upstream], options)
        replies = ask_all(first, names)
        assert {client.rcode(reply) for reply in replies.values()} == {"NOERROR"}
        wait_for(lambda: len(redis.answer_keys()) == len(names), "all answers are in Redis")
        assert first.stop() == 0
        upstream.process.kill()
        return replies

    def check_answers(self, dotring, replies):
        again = ask_all(dotring, list(replies))
        for name, reply in again.items():
            assert client.addresses(reply) == client.addresses(replies[name])
            assert client.ttl(reply) <= client.ttl(replies[name])

    @pytest.mark.parametrize("way", ["tcp", "unix", "tls", "password", "valkey"])
    def test_a_restart_is_warm(self, stage, authority, way):
        options = {}
        if way == "valkey" and not servers.available("valkey-server"):
            pytest.skip("no valkey-server: Debian has it from 13 on")
        if way == "tls":
            redis = Redis(stage, authority=authority)
            options["redis.ca_file"] = authority.path
        elif way == "password":
            redis = Redis(stage, password=PASSWORD)
            options["redis.password_file"] = stage.file("password", PASSWORD + "\n")
        elif way == "valkey":
            redis = Redis(stage, program="valkey-server")
        else:
            redis = Redis(stage, unix=way == "unix")
        replies = self.warm(stage, redis, authority, names_of("n", 100), options)
        again = patient_with(stage, redis, [], options)
        self.check_answers(again, replies)
        assert hits(again) == 100
        assert asked(again.metrics()) == 0
        page = again.metrics()
        commands = page.sum("dotring_redis_commands_written_total")
        assert commands > 2 * page.sum("dotring_redis_writes_total"), "commands share writes"

    def test_certificates_may_be_for_another_name_than_what_is_dialled(self, stage, authority):
        redis = Redis(stage, authority=authority, name="redis.test")
        options = {"redis.ca_file": authority.path, "redis.server_name": "redis.test"}
        dotring = patient_with(stage, redis, [Responder(stage, authority)], options)
        assert client.addresses(dotring.ask("www.zone.example"))
        wait_for(redis.answer_keys, "the answer is in Redis")

    def test_the_password_in_the_url_is_nowhere_to_be_seen(self, stage, authority):
        redis = Redis(stage, password=PASSWORD)
        url = redis.url.replace("://", f"://:{PASSWORD}@")
        dotring = patient_with(stage, redis, [Responder(stage, authority)], {"redis.url": url})
        assert client.addresses(dotring.ask("www.zone.example"))
        assert PASSWORD not in dotring.process.log() + dotring.metrics_text()
        status, printed = run_once({"redis.url": url}, "--print-config")
        assert status == 0 and PASSWORD not in printed and "redis://:***@" in printed
        status, printed = run_once({"redis.url": url + "/x"}, "--check-config")
        assert status == 2 and PASSWORD not in printed

    def test_two_appliances_share_and_a_flush_reaches_both(self, stage, authority):
        redis = Redis(stage)
        upstream = Responder(stage, authority)
        one = patient_with(stage, redis, [upstream])
        other = patient_with(stage, redis, [upstream])
        replies = ask_all(one, names_of("n", 20) + ["www.other.example"])
        wait_for(lambda: len(redis.answer_keys()) == 21, "all answers are in Redis")
        before = asked(other.metrics())
        self.check_answers(other, replies)
        assert asked(other.metrics()) == before and hits(other) == 21
        status, text = one.post("/api/v1/flush?name=zone.example&subtree=1")
        assert status == 200 and '"removed":20' in text
        entries = lambda: other.metrics().sum("dotring_cache_entries") == 1  # noqa: E731
        other.process.wait_for(entries, "the flush has arrived")
        ask_all(other, list(replies))
        assert asked(other.metrics()) == before + 20, "what was stored before the flush is a miss"
        # Who starts later knows of it too: what Redis has for these names is from before.
        later = patient_with(stage, redis, [upstream])
        ask_all(later, list(replies))
        assert later.metrics().sum("dotring_redis_lookups_total", result="flushed") == 20
        assert hits(later) == 1

    def test_clocks_that_differ_by_seconds_agree_on_what_is_fresh(self, stage, authority):
        redis = Redis(stage)
        names = names_of("n", 20)
        self.warm(stage, redis, authority, names)
        for seconds in (-30, 30):
            other = patient_with(stage, redis, [], environment=clock_ahead_by(seconds))
            ttls = {reply.answer[0].ttl for reply in ask_all(other, names).values()}
            assert hits(other) == 20 and asked(other.metrics()) == 0
            # No fresher than when it was stored, and older by no more than the clocks differ and the test takes.
            assert min(ttls) > 200 and max(ttls) <= 300 - max(seconds, 0)
            other.stop()
        far_behind = patient_with(stage, redis, [], environment=clock_ahead_by(-3600))
        ask_all(far_behind, names[:1])
        assert hits(far_behind) == 0
        assert far_behind.metrics().sum("dotring_redis_values_refused_total") == 1

    def test_an_extended_error_is_shared_too(self, stage, authority):
        redis = Redis(stage)
        names = names_of("n", 5)
        blocked = ("--default", f"rcode=nxdomain,extended-error={BLOCKED}")
        first = patient_with(stage, redis, [Responder(stage, authority, *blocked)])
        ask_all(first, names)
        wait_for(lambda: len(redis.answer_keys()) == len(names), "all answers are in Redis")
        other = patient_with(stage, redis, [])
        for _ in ("Redis", "memory"):
            for reply in (other.ask(name, use_edns=0) for name in names):
                assert client.rcode(reply) == "NXDOMAIN" and client.extended_errors(reply) == [BLOCKED]
        assert hits(other) == 5

    def test_flush_says_what_is_wrong(self, stage, authority):
        dotring = Dotring(stage, [Responder(stage, authority)])
        assert dotring.post("/api/v1/flush")[0] == 400
        assert dotring.post("/api/v1/nothing")[0] == 404
        assert client.addresses(dotring.ask("www.zone.example"))
        assert dotring.post("/api/v1/flush?name=WWW.zone.example")[1] == '{"removed":1}\n'
        assert dotring.post("/api/v1/flush?name=.&subtree=1", {"Origin": "http://evil.example"})[0] == 403

    def test_a_stale_answer_from_redis_serves_when_the_upstream_fails(self, stage, authority):
        redis = Redis(stage)
        upstream = Responder(stage, authority, "--default", "ttl=1")
        first = patient_with(stage, redis, [upstream])
        assert client.addresses(first.ask("www.zone.example"))
        first.stop()
        upstream.process.kill()
        again = patient_with(stage, redis, [], {"upstream.timeout_ms": 500})

        def stale():
            reply = again.ask("www.zone.example", use_edns=0)
            return client.addresses(reply) and client.extended_errors(reply) == [3]

        wait_for(stale, "a stale answer")

    def test_and_when_the_upstream_is_slow(self, stage, authority):
        """Nothing is in memory: without Redis the client would wait for the upstream's deadline."""
        redis = Redis(stage)
        first = patient_with(stage, redis, [Responder(stage, authority, "--default", "ttl=1")])
        assert client.addresses(first.ask("www.zone.example"))
        wait_for(redis.answer_keys, "the answer is in Redis")
        silent = PythonUpstream(stage, authority, lambda asked: [])
        ten_seconds_later = clock_ahead_by(10)
        again = patient_with(stage, redis, [silent], {"cache.stale_delay_ms": 100}, environment=ten_seconds_later)
        reply = again.ask("www.zone.example", use_edns=0)
        assert client.addresses(reply) and client.extended_errors(reply) == [3]
        assert again.metrics().sum("dotring_stale_answers_total", reason="delay") == 1


class TestWaits:
    """How long a client waits for Redis, which answers late here, and when the upstream is asked too."""

    NAMES = names_of("n", 5)
    # A slow Redis is asked all the same.
    OPTIONS = {"redis.breaker_silent_ms": 60_000, "redis.breaker_slow_us": 60_000_000}

    @pytest.fixture
    def redis(self, stage):
        return Redis(stage)

    @pytest.fixture
    def upstream(self, stage, authority):
        return PythonUpstream(stage, authority)

    @pytest.fixture
    def way(self, stage, redis, upstream):
        """To a Redis that has all NAMES."""
        first = dotring_with(stage, redis, [upstream])
        ask_all(first, self.NAMES)
        wait_for(lambda: len(redis.answer_keys()) == len(self.NAMES), "all answers are in Redis")
        return Delayed(stage, redis)

    def asked_upstream(self, dotring, upstream):
        """How many of NAMES; one after the other, as one is waited for as long as those before took."""
        before = len(upstream.asked)
        for name in self.NAMES:
            assert client.addresses(dotring.ask(name))
        return sum(asked.name in self.NAMES for asked in upstream.asked[before:])

    def test_at_most_as_long_as_is_configured(self, stage, way, upstream):
        way.delay_s = 0.05
        dotring = dotring_with(stage, way, [upstream], {**self.OPTIONS, "redis.wait_us": 1_000_000})
        # None, unless the machine is busy: by the default each is.
        assert self.asked_upstream(dotring, upstream) < len(self.NAMES)

    def test_no_longer_than_that_however_long_it_takes(self, stage, redis, upstream):
        """Whoever waited for these replies would miss the question's deadline."""
        way = Delayed(stage, redis)
        silent = {**self.OPTIONS, "redis.response_timeout_ms": 60_000, "upstream.timeout_ms": 900}
        dotring = dotring_with(stage, way, [upstream], {**silent, **ASKED_ONCE})
        dotring.wait_until_up(upstream)
        way.delay_s = 600.0
        for name in self.NAMES:
            assert client.addresses(dotring.ask(name))
            assert upstream.times_asked(name) == 1

    def test_at_least_as_long_as_is_configured_however_fast_it_was(self, stage, way, upstream):
        waits = {"redis.wait_us": 1_000_000, "redis.wait_min_us": 1_000_000}
        dotring = dotring_with(stage, way, [upstream], {**self.OPTIONS, **waits})
        for name in names_of("unknown", 30):
            assert client.addresses(dotring.ask(name))
        way.delay_s = 0.1
        assert self.asked_upstream(dotring, upstream) < len(self.NAMES)

    def test_longer_when_the_upstream_has_failed(self, stage, way):
        dotring = dotring_with(stage, way, [], {**self.OPTIONS, "query.fetch_grace_ms": 60_000})
        way.delay_s = 0.3
        assert client.addresses(dotring.ask(self.NAMES[0]))
        assert hits(dotring) == 1


class TestLimits:
    """Of a connection to a Redis that is asked all the same when it is slow or silent."""

    ASKED_ALL_THE_SAME = {**TestWaits.OPTIONS, "redis.response_timeout_ms": 60_000}

    def test_so_many_commands_wait_for_replies(self, stage, authority):
        way = Delayed(stage, Redis(stage))
        options = {**self.ASKED_ALL_THE_SAME, "redis.pending_max": 16}
        dotring = dotring_with(stage, way, [Responder(stage, authority)], options)
        way.delay_s = 600.0
        ask_all(dotring, names_of("n", 100))
        page = dotring.metrics()
        assert 12 <= page.sum("dotring_redis_pending") <= 16
        assert page.sum("dotring_redis_gets_refused_total") >= 100 - 16

    def test_so_much_waits_for_a_kernel_that_takes_no_more(self, stage, authority):
        """Of 7 MB most do, by the default half a MiB: TCP holds some, but grows no buffer for a peer that does not read."""
        redis = Redis(stage)
        upstream = Responder(stage, authority, "--default", "size=60000")
        options = {**self.ASKED_ALL_THE_SAME, "redis.write_queue_max": "64MiB"}
        dotring = dotring_with(stage, redis, [upstream], options)
        redis.process.signal(signal.SIGSTOP)
        with client.TcpClient(dotring.server) as connection:
            for batch in range(20):
                connection.send(*(client.query(name, "TXT") for name in names_of(f"batch{batch}-", 6)))
                for _ in range(6):
                    connection.skip()
        redis.process.signal(signal.SIGCONT)
        wait_for(lambda: len(redis.answer_keys()) == 120, "all answers are in Redis")
        assert dotring.metrics().sum("dotring_redis_sets_dropped_total") == 0

    def test_a_connection_has_so_long_to_be_introduced(self, stage, authority):
        """Replies come after a second: by the default they do in time."""
        way = Delayed(stage, Redis(stage), delay_s=1.0)
        dotring = Dotring(stage, [], {"redis.url": way.url, "redis.connect_timeout_ms": 50, "engine.workers": 1})
        failed = lambda: dotring.metrics().sum("dotring_redis_connects_failed_total") >= 4  # noqa: E731
        wait_for(failed, "connections are given up")
        assert not readable(dotring)

    def test_a_connection_without_replies_is_given_up(self, stage, authority):
        """They come half a second later: by the default in time."""
        way = Delayed(stage, Redis(stage), delay_s=0.5)
        options = {"redis.response_timeout_ms": 50, "redis.breaker_silent_ms": 50}
        dotring = Dotring(stage, [], {"redis.url": way.url, "engine.workers": 1, **options})
        given_up = lambda: dotring.metrics().sum("dotring_redis_timeouts_total") >= 2  # noqa: E731
        wait_for(given_up, "connections are given up")

    def test_flushes_are_published_where_the_key_says(self, stage, authority):
        redis = Redis(stage)
        options = {"redis.channel": "elsewhere"}
        one = dotring_with(stage, redis, [Responder(stage, authority)], options)
        wait_for(lambda: redis.cli("pubsub", "channels") == "elsewhere", "it is subscribed")
        other = dotring_with(stage, redis, [Responder(stage, authority)], options)
        wait_for(lambda: redis.cli("pubsub", "numsub", "elsewhere").split()[-1] == "2", "both are")
        assert client.addresses(other.ask("www.zone.example"))
        one.post("/api/v1/flush?name=www.zone.example")
        other.process.wait_for(lambda: other.metrics().sum("dotring_cache_entries") == 0, "the flush has arrived")


class TestSeal:
    def test_neither_names_nor_answers_can_be_seen(self, stage, authority):
        redis = Redis(stage)
        options = {"redis.seal_key_file": key_file(stage)}
        upstream = Responder(stage, authority)
        with redis.monitor() as seen:
            first = patient_with(stage, redis, [upstream], options)
            replies = ask_all(first, names_of("secret", 10))
            first.post("/api/v1/flush?name=flushed-secret.example")
            wait_for(lambda: len(redis.answer_keys()) == 10, "all answers are in Redis")
            wait_for(lambda: "publish" in seen().lower(), "the flush is published")
            wait_for(lambda: seen().lower().count('"set"') >= 11, "MONITOR has shown them")
            assert "secret" not in seen() and "zone" not in seen()
        octets = b"".join(redis.octets(key) for key in redis.keys())
        assert b"secret" not in octets and b"zone" not in octets
        assert all(key.startswith("dotring:sealed/") for key in redis.answer_keys())
        first.stop()
        again = patient_with(stage, redis, [], options)
        assert set(ask_all(again, list(replies))) == set(replies)
        assert hits(again) == 10

    def test_without_a_seal_names_can_be_read(self, stage, authority):
        redis = Redis(stage)
        dotring = patient_with(stage, redis, [Responder(stage, authority)], {"redis.prefix": "edge:"})
        dotring.ask("www.zone.example")
        wait_for(lambda: redis.keys() == ["edge:answer/www.zone.example./A/IN/r"], "the key")
        assert 86_000 < int(redis.cli("ttl", redis.keys()[0])) < 2 * 86_400

    def test_keys_are_changed_without_losing_answers(self, stage, authority):
        redis = Redis(stage)
        upstream = Responder(stage, authority)
        old = key_file(stage)
        new = key_file(stage, OTHER_KEY, "new.key")
        first = patient_with(stage, redis, [upstream], {"redis.seal_key_file": old})
        names = names_of("n", 10)
        ask_all(first, names)
        wait_for(lambda: len(redis.answer_keys()) == 10, "all answers are in Redis")
        both = {"redis.seal_key_file": new, "redis.seal_key_file_old": old}
        between = patient_with(stage, redis, [upstream], both)
        ask_all(between, names)
        assert hits(between) == 10
        stranger = patient_with(stage, redis, [upstream], {"redis.seal_key_file": new})
        ask_all(stranger, names)
        assert hits(stranger) == 0

    def test_a_changed_value_is_a_miss_and_counted(self, stage, authority):
        redis = Redis(stage)
        upstream = Responder(stage, authority)
        options = {"redis.seal_key_file": key_file(stage)}
        first = patient_with(stage, redis, [upstream], options)
        first.ask("www.zone.example")
        wait_for(redis.answer_keys, "the answer is in Redis")
        redis.cli("append", redis.answer_keys()[0], "x")
        again = patient_with(stage, redis, [upstream], options)
        assert client.addresses(again.ask("www.zone.example"))
        assert again.metrics().sum("dotring_redis_values_refused_total", reason="seal") == 1

    def test_a_bad_key_is_refused_at_the_start(self, stage):
        path = stage.file("bad.key", "0123")
        status, text = run_once({"redis.url": "redis://127.0.0.1", "redis.seal_key_file": path}, "--check-config")
        assert status == 2 and "redis.seal_key_file" in text and "64 hexadecimal" in text

    def test_a_key_that_others_can_read_is_worth_a_warning(self, stage, authority):
        path = key_file(stage)
        path.chmod(0o644)
        redis = Redis(stage)
        dotring = patient_with(stage, redis, [Responder(stage, authority)], {"redis.seal_key_file": path})
        dotring.process.wait_for_log("secret_readable_by_others")


class TestFaults:
    """Whatever Redis does, no query is lost or late, and it is used again when it is well."""

    def check_all_answered(self, dotring, prefix, count=200, limit_s=2.0):
        started = time.monotonic()
        replies = ask_all(dotring, names_of(prefix, count))
        assert {client.rcode(reply) for reply in replies.values()} == {"NOERROR"}
        assert all(client.addresses(reply) for reply in replies.values())
        assert time.monotonic() - started < limit_s + 1  # upstream.timeout_ms, and a busy machine

    def wait_until_degraded(self, dotring):
        dotring.process.wait_for(lambda: "degraded" in dotring.page("/readyz")[1], "degraded")
        assert dotring.page("/readyz")[0] == 200

    def wait_until_stored_again(self, dotring):
        """New answers get there again, of themselves."""
        written = lambda: dotring.metrics().sum("dotring_redis_answers_stored_total")  # noqa: E731
        before = written()
        names = iter(names_of("recovered", 10_000))

        def stored():
            client.addresses(dotring.ask(next(names)))
            return written() > before

        dotring.process.wait_for(stored, "answers are stored again")
        dotring.process.wait_for(lambda: '"ready"' in dotring.page("/readyz")[1], "ready")

    def test_it_starts_without_redis_and_takes_it_up(self, stage, authority):
        redis = Redis(stage)
        redis.process.kill()
        upstream = Responder(stage, authority)
        dotring = Dotring(stage, [upstream], {"redis.url": redis.url, "upstream.timeout_ms": 2000})
        self.check_all_answered(dotring, "without")
        self.wait_until_degraded(dotring)
        redis.start()
        self.wait_until_stored_again(dotring)

    def test_stopped(self, stage, authority):
        redis = Redis(stage)
        options = {"redis.breaker_slow_us": 60_000_000}
        dotring = dotring_with(stage, redis, [Responder(stage, authority)], options)
        self.check_all_answered(dotring, "before")
        redis.process.signal(signal.SIGSTOP)
        try:
            for batch in range(5):
                self.check_all_answered(dotring, f"during{batch}-")
            self.wait_until_degraded(dotring)
            assert dotring.metrics().sum("dotring_redis_breaker_opened_total", cause="silent") > 0
        finally:
            redis.process.signal(signal.SIGCONT)
        self.wait_until_stored_again(dotring)

    def test_killed(self, stage, authority):
        redis = Redis(stage)
        dotring = dotring_with(stage, redis, [Responder(stage, authority)])
        self.check_all_answered(dotring, "before")
        redis.process.kill()
        self.check_all_answered(dotring, "during")
        self.wait_until_degraded(dotring)
        redis.start()
        self.wait_until_stored_again(dotring)

    def test_full(self, stage, authority):
        redis = Redis(stage, maxmemory_policy="noeviction")
        dotring = patient_with(stage, redis, [Responder(stage, authority)])
        self.check_all_answered(dotring, "before")
        redis.cli("config", "set", "maxmemory", "1")
        self.check_all_answered(dotring, "during")
        full = lambda: dotring.metrics().sum("dotring_redis_errors_total", kind="full") > 0  # noqa: E731
        dotring.process.wait_for(full, "Redis says that it is full")
        page = dotring.metrics()
        assert page.sum("dotring_redis_writes_stopped_total", cause="full") > 0
        assert page.sum("dotring_redis_servers_readable") == 1, "it is asked all the same"
        redis.cli("config", "set", "maxmemory", "0")
        self.wait_until_stored_again(dotring)

    def test_slow(self, stage, authority):
        redis = Redis(stage)
        way = Delayed(stage, redis)
        dotring = dotring_with(stage, way, [Responder(stage, authority)])
        self.check_all_answered(dotring, "before")
        way.delay_s = 0.5
        for batch in range(5):
            self.check_all_answered(dotring, f"during{batch}-", limit_s=1.0)
        self.wait_until_degraded(dotring)
        page = dotring.metrics()
        assert page.sum("dotring_redis_breaker_opened_total") > 0
        way.delay_s = 0.0
        self.wait_until_stored_again(dotring)

    def test_slow_but_never_silent(self, stage, authority):
        """Each reply comes, and later than it is worth waiting for."""
        way = Delayed(stage, Redis(stage))
        options = {"redis.breaker_slow_us": 20_000, "redis.breaker_silent_ms": 60_000}
        dotring = dotring_with(stage, way, [Responder(stage, authority)], options)
        way.delay_s = 0.05
        self.check_all_answered(dotring, "during")
        self.wait_until_degraded(dotring)
        page = dotring.metrics()
        opened = page.sum("dotring_redis_breaker_opened_total")
        assert page.sum("dotring_redis_breaker_opened_total", cause="slow") == opened > 0
        way.delay_s = 0.0
        self.wait_until_stored_again(dotring)

    def test_garbage(self, stage, authority):
        garbage = Garbage(stage)
        dotring = Dotring(stage, [Responder(stage, authority)], {"redis.url": garbage.url})
        counted = lambda: dotring.metrics().sum("dotring_redis_garbage_total") > 0  # noqa: E731
        dotring.process.wait_for(counted, "garbage is counted")
        self.check_all_answered(dotring, "n")

    def test_a_wrong_password(self, stage, authority):
        redis = Redis(stage, password=PASSWORD)
        options = {"redis.url": redis.url, "redis.password_file": stage.file("password", "not " + PASSWORD)}
        dotring = Dotring(stage, [Responder(stage, authority)], options)
        self.wait_until_degraded(dotring)
        self.check_all_answered(dotring, "n")
        assert PASSWORD not in dotring.process.log()

    def test_a_certificate_of_somebody_else(self, stage, authority, tmp_path):
        redis = Redis(stage, authority=Authority(tmp_path, "somebody else"))
        options = {"redis.url": redis.url, "redis.ca_file": authority.path}
        dotring = Dotring(stage, [Responder(stage, authority)], options)
        self.wait_until_degraded(dotring)
        self.check_all_answered(dotring, "n")
        failed = lambda: dotring.metrics().sum("dotring_redis_connects_failed_total") > 0  # noqa: E731
        dotring.process.wait_for(failed, "the connection is refused")
        assert not redis.keys()

    def test_a_node_of_a_cluster_is_lost(self, stage, authority):
        cluster = Cluster(stage)
        upstream = Responder(stage, authority)
        first, other = (patient_with(stage, cluster, [upstream]) for _ in range(2))
        dotring = dotring_with(stage, cluster, [upstream])
        for each in (first, other, dotring):
            each.process.wait_for(lambda each=each: each.metrics().sum("dotring_redis_servers_readable") == 3, "all nodes")
        self.check_all_answered(first, "before")
        wait_for(lambda: len(cluster.answer_keys()) == 200, "all answers are in the cluster")
        assert all(len(node.answer_keys()) > 20 for node in cluster.nodes), "spread over the nodes"
        self.check_all_answered(other, "before")
        assert hits(other) == 200
        cluster.nodes[1].process.kill()
        self.check_all_answered(dotring, "during")
        stored = lambda: dotring.metrics().sum("dotring_redis_answers_stored_total")  # noqa: E731
        before = stored()
        batches = itertools.count()

        def used():
            self.check_all_answered(dotring, f"after{next(batches)}-")
            return stored() > before

        dotring.process.wait_for(used, "the others are used")

    @pytest.mark.parametrize("value", [b"", b"garbage", b"\x01", b"\x02\x00older", b"\x01\x00" + b"\xff" * 100])
    def test_values_that_are_not_ours(self, stage, authority, value):
        redis = Redis(stage)
        dotring = patient_with(stage, redis, [Responder(stage, authority)])
        redis.cli("eval", "redis.call('set', KEYS[1], loadstring('return \"" + "".join(f"\\{octet:03d}" for octet in value)
                  + "\"')())", "1", "dotring:answer/www.zone.example./A/IN/r")  # fmt: skip
        reply = dotring.ask("www.zone.example")
        assert client.addresses(reply) and not reply.flags & dns.flags.AA
        assert dotring.metrics().sum("dotring_redis_values_refused_total") == 1
