"""What the cache does with answers, seen from outside. How it does it is tested in test/cache."""

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from harness import client
from harness.dotring import Dotring, Responder
from harness.upstream import PythonUpstream, address_answer
from harness.waiting import wait_for

DAY = 86_400


def start(stage, authority, answer, options=None):
    upstream = PythonUpstream(stage, authority, answer)
    return upstream, Dotring(stage, [upstream], {"engine.workers": 1, **(options or {})})


def negative(asked, ttl):
    """NXDOMAIN whose SOA says for how long (RFC 2308, 5)."""
    reply = dns.message.make_response(asked.message, recursion_available=True)
    reply.set_rcode(dns.rcode.NXDOMAIN)
    reply.authority.append(dns.rrset.from_text("zone.example.", ttl, "IN", "SOA", f"ns. host. 1 2 3 4 {ttl}"))
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

    def test_a_scan_of_random_names_leaves_the_popular_ones(self, stage, authority):
        options = {"engine.workers": 1, "cache.memory": "1MiB"}
        dotring = Dotring(stage, [Responder(stage, authority)], options)
        popular = [f"popular{index}.zone.example" for index in range(100)]

        def ask(names):
            with client.TcpClient(dotring.server) as connection:
                connection.send(*(client.query(name) for name in names))
                for _ in names:
                    assert client.addresses(connection.receive())

        for _ in range(4):
            ask(popular)
        for scan in range(20):
            ask([f"random{scan}-{index}.zone.example" for index in range(1000)])
        before = dotring.metrics()
        assert before.sum("dotring_cache_removals_total", reason="eviction") > 10_000
        ask(popular)
        asked = "dotring_upstream_queries_total"
        assert dotring.metrics().sum(asked) - before.sum(asked) <= 5
