"""What the cache does with answers, seen from outside. How it does it is tested in test/cache."""

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from harness import client
from harness.dotring import ASKED_ONCE, Dotring, Responder
from harness.upstream import PythonUpstream, address_answer
from harness.waiting import wait_for

DAY = 86_400
STALE_ANSWER = 3
BLOCKED = 15
OPTIONS = {"engine.workers": 1, **ASKED_ONCE}


def start(stage, authority, answer, options=None):
    upstream = PythonUpstream(stage, authority, answer)
    return upstream, Dotring(stage, [upstream], {**OPTIONS, **(options or {})})


def failure(asked, rcode):
    reply = dns.message.make_response(asked.message, recursion_available=True)
    reply.set_rcode(dns.rcode.from_text(rcode))
    return reply


def negative(asked, ttl, minimum=None):
    """NXDOMAIN whose SOA says for how long (RFC 2308, 5): the MINIMUM is the TTL unless given."""
    reply = failure(asked, "NXDOMAIN")
    soa = f"ns. host. 1 2 3 4 {ttl if minimum is None else minimum}"
    reply.authority.append(dns.rrset.from_text("zone.example.", ttl, "IN", "SOA", soa))
    return reply


class TestTtl:
    def test_floor_and_ceiling_hold_for_who_asks_first_and_for_what_is_kept(self, stage, authority):
        ttls = {"short": 1, "long": 30 * DAY}

        def answer(asked):
            return [address_answer(asked.message, ttl=ttls[asked.name.split(".")[0]])]

        upstream, dotring = start(stage, authority, answer, {"cache.ttl_min": 1000, "cache.ttl_max": 2000})
        for name, ttl in (("short", 1000), ("long", 2000)):
            assert client.ttl(dotring.ask(f"{name}.zone.example")) == ttl
            # A slow machine may let seconds pass.
            assert ttl - 60 < client.ttl(dotring.ask(f"{name}.zone.example")) <= ttl
            assert upstream.times_asked(f"{name}.zone.example") == 1

    def test_negative_answers_have_a_ceiling_of_their_own(self, stage, authority):
        def answer(asked):
            return [negative(asked, DAY)]

        upstream, dotring = start(stage, authority, answer, {"cache.ttl_negative_max": 500})
        assert dotring.ask("none.zone.example").authority[0].ttl == 500
        reply = dotring.ask("none.zone.example")
        assert client.rcode(reply) == "NXDOMAIN" and 440 < reply.authority[0].ttl <= 500
        assert upstream.times_asked("none.zone.example") == 1

    @pytest.mark.parametrize("ttl, minimum", [(900, 200), (200, 900)])
    def test_a_negative_answer_lasts_as_long_as_the_smaller_number_of_its_soa(self, stage, authority, ttl, minimum):
        upstream, dotring = start(stage, authority, lambda asked: [negative(asked, ttl, minimum)])
        assert dotring.ask("none.zone.example").authority[0].ttl == 200
        reply = dotring.ask("none.zone.example")
        assert client.rcode(reply) == "NXDOMAIN" and 140 < reply.authority[0].ttl <= 200
        assert upstream.times_asked("none.zone.example") == 1

    def test_without_a_ttl_nothing_is_kept(self, stage, authority):
        def answer(asked):
            return [address_answer(asked.message, ttl=0)]

        upstream, dotring = start(stage, authority, answer)
        for _ in range(3):
            assert client.addresses(dotring.ask("now.zone.example"))
        assert upstream.times_asked("now.zone.example") == 3

    def test_a_popular_answer_is_refreshed_before_it_expires(self, stage, authority):
        def answer(asked):
            return [address_answer(asked.message, ttl=3)]

        options = {"cache.prefetch_percent": 90, "cache.stale_max": 0}
        upstream, dotring = start(stage, authority, answer, options)
        assert client.addresses(dotring.ask("www.zone.example"))

        def refreshed():
            assert client.addresses(dotring.ask("www.zone.example"))
            return upstream.times_asked("www.zone.example") >= 2

        wait_for(refreshed, "the answer is asked for again")
        # Nobody waited for the refresh: the only miss is the first question.
        page = dotring.metrics()
        assert page.sum("dotring_query_results_total", result="miss") == 1
        assert page.sum("dotring_refreshes_total") >= 1


class TestStale:
    def test_it_is_refreshed_each_interval_and_has_a_ttl_of_its_own(self, stage, authority):
        def answer(asked):
            reply = address_answer(asked.message, ttl=1)
            # Truncated it is not kept, and is no failure either: the stale one stays as it is.
            reply.flags |= dns.flags.TC if upstream.times_asked(asked.name) > 1 else 0
            return [reply]

        options = {"cache.stale_ttl": 77, "cache.refresh_interval": 1, "cache.prefetch_percent": 0}
        upstream, dotring = start(stage, authority, answer, options)
        ttls = set()

        def refreshed_twice():
            reply = dotring.ask("www.zone.example", use_edns=0)
            if client.extended_errors(reply):
                ttls.add(client.ttl(reply))
            return upstream.times_asked("www.zone.example") == 3

        wait_for(refreshed_twice, "two attempts to refresh it", timeout_s=20)
        assert ttls == {77}

    @pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED"])
    def test_it_is_given_in_place_of_a_failure_that_the_upstream_tells(self, stage, authority, rcode):
        def answer(asked):
            first = upstream.times_asked(asked.name) == 1
            return [address_answer(asked.message, ttl=1) if first else failure(asked, rcode)]

        upstream, dotring = start(stage, authority, answer, {"cache.prefetch_percent": 0})

        def stale():
            reply = dotring.ask("www.zone.example", use_edns=0)
            assert client.addresses(reply)
            return client.extended_errors(reply) == [STALE_ANSWER]

        wait_for(stale, "the answer is stale")
        assert upstream.times_asked("www.zone.example") == 2
        assert dotring.metrics().sum("dotring_stale_answers_total", reason="failure") == 1
        assert stale(), "the failure has not taken its place"

    def test_it_is_given_when_the_upstream_takes_so_long(self, stage, authority):
        """At once: by the default the deadline were earlier, and that a failure."""

        def answer(asked):
            return [address_answer(asked.message, ttl=1)] if upstream.times_asked(asked.name) == 1 else []

        options = {"cache.stale_delay_ms": 0, "upstream.timeout_ms": 1500, "cache.prefetch_percent": 0}
        upstream, dotring = start(stage, authority, answer, options)

        def stale():
            return client.extended_errors(dotring.ask("www.zone.example", use_edns=0)) == [STALE_ANSWER]

        wait_for(stale, "the answer is stale")
        given = dotring.metrics()
        assert given.sum("dotring_stale_answers_total", reason="delay") == 1
        assert given.sum("dotring_stale_answers_total", reason="failure") == 0


class TestFailures:
    """A failure is remembered: whoever asks meanwhile gets it, and the upstream is not asked."""

    MARKER = "marker.zone.example"

    def start(self, stage, authority, options):
        def answer(asked):
            if asked.name == self.MARKER:
                return [address_answer(asked.message, ttl=2)]
            return [failure(asked, asked.name.split(".")[0].upper())]

        return start(stage, authority, answer, {"cache.prefetch_percent": 0, **options})

    def until_two_seconds_have_passed(self, dotring, upstream):
        """By the clock of dotring's cache."""

        def passed():
            dotring.ask(self.MARKER)
            return upstream.times_asked(self.MARKER) == 2

        wait_for(passed, "an answer of two seconds expires")

    def fail(self, dotring, rcode="SERVFAIL"):
        assert client.rcode(dotring.ask(f"{rcode}.zone.example")) == rcode

    def test_for_as_long_as_is_configured(self, stage, authority):
        upstream, dotring = self.start(stage, authority, {"cache.failure_ttl_min": 60})
        self.fail(dotring)
        self.until_two_seconds_have_passed(dotring, upstream)
        self.fail(dotring)
        assert upstream.times_asked("servfail.zone.example") == 1

    def test_never_longer_than_is_configured_however_often_it_failed(self, stage, authority):
        upstream, dotring = self.start(stage, authority, {"cache.failure_ttl_max": 1})

        def failed_twice():
            self.fail(dotring)
            return upstream.times_asked("servfail.zone.example") == 2

        wait_for(failed_twice, "the second failure")
        self.until_two_seconds_have_passed(dotring, upstream)
        self.fail(dotring)
        assert upstream.times_asked("servfail.zone.example") == 3

    def test_other_errors_have_a_time_of_their_own(self, stage, authority):
        upstream, dotring = self.start(stage, authority, {"cache.refusal_ttl": 0})
        for times in (1, 2, 3):
            self.fail(dotring, "REFUSED")
            assert upstream.times_asked("refused.zone.example") == times

    def test_other_errors_are_remembered_too(self, stage, authority):
        upstream, dotring = self.start(stage, authority, {"cache.refusal_ttl": 60, "cache.failure_ttl_max": 1})
        self.fail(dotring, "REFUSED")
        self.until_two_seconds_have_passed(dotring, upstream)
        self.fail(dotring, "REFUSED")
        assert upstream.times_asked("refused.zone.example") == 1


class TestExtendedErrors:
    """Who asks later learns as much as who asked first: an answer that was made up is known for it (RFC 8914)."""

    @pytest.mark.parametrize("rcode", ["NOERROR", "NXDOMAIN", "REFUSED"])
    def test_they_are_kept_with_the_answer(self, stage, authority, rcode):
        upstream = Responder(stage, authority, "--default", f"rcode={rcode.lower()},extended-error={BLOCKED}")
        dotring = Dotring(stage, [upstream], {**OPTIONS, "cache.refusal_ttl": 60})
        for _ in range(2):
            reply = dotring.ask("www.zone.example", use_edns=0)
            assert client.rcode(reply) == rcode and client.extended_errors(reply) == [BLOCKED]
        assert not dotring.ask("www.zone.example").options
        assert dotring.metrics().sum("dotring_upstream_queries_total") == 1


class TestWhatIsKept:
    def test_a_truncated_answer_passes_and_is_not_kept(self, stage, authority):
        def answer(asked):
            reply = address_answer(asked.message)
            reply.flags |= dns.flags.TC
            return [reply]

        upstream, dotring = start(stage, authority, answer)
        for _ in range(2):
            assert dotring.ask_tcp("cut.zone.example").flags & dns.flags.TC
        assert upstream.times_asked("cut.zone.example") == 2

    def test_a_negative_answer_without_soa_is_not_kept(self, stage, authority):
        def answer(asked):
            reply = negative(asked, 300)
            reply.authority.clear()
            return [reply]

        upstream, dotring = start(stage, authority, answer)
        for _ in range(2):
            assert client.rcode(dotring.ask("none.zone.example")) == "NXDOMAIN"
        assert upstream.times_asked("none.zone.example") == 2

    def test_what_is_larger_than_a_part_of_the_cache_is_not_kept(self, stage, authority):
        upstream = Responder(stage, authority, "--default", "size=60000")
        options = {**OPTIONS, "cache.memory": "4MiB", "cache.shards": 16}
        dotring = Dotring(stage, [upstream], options)
        assert [asked_upstream(dotring, ["www.zone.example"], "TXT") for _ in range(2)] == [1, 1]
        assert dotring.metrics().sum("dotring_cache_too_large_total") == 2

    def test_a_scan_of_random_names_leaves_the_popular_ones(self, stage, authority):
        options = {**OPTIONS, "cache.memory": "1MiB"}
        dotring = Dotring(stage, [Responder(stage, authority)], options)
        popular = names_of("popular", 100)
        for _ in range(4):
            ask_all(dotring, popular)
        for scan in range(20):
            ask_all(dotring, names_of(f"random{scan}-", 1000))
        assert dotring.metrics().sum("dotring_cache_removals_total", reason="eviction") > 10_000
        assert asked_upstream(dotring, popular) <= 5

    def test_how_popular_is_a_matter_of_configuration(self, stage, authority):
        options = {**OPTIONS, "cache.memory": "1MiB", "cache.promotion_hits_min": 3}
        dotring = Dotring(stage, [Responder(stage, authority, "--default", "size=1000")], options)
        # As long as there is room for all everything stays.
        ask_all(dotring, names_of("first", 1000), "TXT")
        twice, thrice = names_of("twice", 20), names_of("thrice", 20)
        for names in (thrice, thrice + twice, thrice + twice, thrice + twice):
            ask_all(dotring, names, "TXT")
        ask_all(dotring, names_of("random", 300), "TXT")
        assert asked_upstream(dotring, thrice, "TXT") == 0
        assert asked_upstream(dotring, twice, "TXT") == len(twice)


def names_of(prefix, count):
    return [f"{prefix}{index}.zone.example" for index in range(count)]


def ask_all(dotring, names, kind="A"):
    with client.TcpClient(dotring.server) as connection:
        connection.send(*(client.query(name, kind) for name in names))
        for _ in names:
            assert connection.receive().answer


def asked_upstream(dotring, names, kind="A"):
    """How many of them are not in the cache."""

    def queries():
        return dotring.metrics().sum("dotring_upstream_queries_total")

    before = queries()
    ask_all(dotring, names, kind)
    return queries() - before
