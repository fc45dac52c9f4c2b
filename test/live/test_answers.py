"""The main job on real input: real clients ask, a real DoT server answers, the second time the cache does."""

import dns.rdatatype
import pytest
from harness import client, servers
from harness.dotring import Dotring
from harness.waiting import wait_for

HOSTS = ["127.0.0.1", "::1"]


def start_upstream(kind, stage, authority):
    if not servers.available(kind):
        pytest.skip(f"this machine has no {kind}")
    if kind == "kresd":
        return servers.KnotResolver(stage, authority)
    unbound = servers.Unbound(stage, authority)
    return unbound if kind == "unbound" else servers.Dnsdist(stage, authority, unbound)


@pytest.fixture(params=["unbound", "kresd", "dnsdist"])
def any_upstream(request, stage, authority):
    return start_upstream(request.param, stage, authority)


def test_kdig_and_dig_over_udp_and_tcp_and_both_families(stage, any_upstream):
    dotring = Dotring(stage, [any_upstream], listen=HOSTS)
    for host in HOSTS:
        for tool, over_tcp in ((client.kdig, "+tcp"), (client.dig, "+tcp")):
            for transport in ([], [over_tcp]):
                answer = tool((host, dotring.port), *transport, "www.zone.example", "A")
                assert "status: NOERROR" in answer
                assert "192.0.2.1" in answer


def test_an_absent_name_is_absent_with_each_server(stage, any_upstream):
    dotring = Dotring(stage, [any_upstream])
    reply = dotring.ask("nothing.zone.example")
    assert client.rcode(reply) == "NXDOMAIN"
    assert not reply.answer and len(reply.authority) == 1


def test_the_second_answer_comes_from_the_cache_with_its_ttl_aged(stage, unbound):
    dotring = Dotring(stage, [unbound])
    first = dotring.ask("www.zone.example")
    assert client.addresses(first) == ["192.0.2.1", "192.0.2.2"]
    assert client.ttl(first) == 300
    wait_for(lambda: client.ttl(dotring.ask("www.zone.example")) < 300, "an aged TTL")
    over_tcp = dotring.ask_tcp("www.zone.example")
    assert client.addresses(over_tcp) == ["192.0.2.1", "192.0.2.2"]
    assert unbound.times_asked("www.zone.example") == 1
    assert dotring.metrics().sum("dotring_query_results_total", result="hit") >= 2


def test_types_are_told_apart(stage, unbound):
    dotring = Dotring(stage, [unbound])
    assert client.addresses(dotring.ask("www.zone.example", "AAAA")) == ["2001:db8::1"]
    assert client.addresses(dotring.ask("www.zone.example", "A")) == ["192.0.2.1", "192.0.2.2"]
    assert "10 mail.zone.example." in dotring.ask("zone.example", "MX").answer[0].to_text()


def test_an_alias_brings_its_target(stage, unbound):
    reply = Dotring(stage, [unbound]).ask("alias.zone.example")
    assert [dns.rdatatype.to_text(rrset.rdtype) for rrset in reply.answer] == ["CNAME", "A"]
    assert client.addresses(reply) == ["192.0.2.1", "192.0.2.2"]


def test_a_negative_answer_is_kept(stage, unbound):
    dotring = Dotring(stage, [unbound])
    for _ in range(2):
        reply = dotring.ask("nothing.zone.example")
        assert client.rcode(reply) == "NXDOMAIN"
        # min(SOA TTL, SOA MINIMUM) of the zone (RFC 2308, 5)
        assert reply.authority[0].ttl <= 60
    for _ in range(2):
        reply = dotring.ask("mail.zone.example", "AAAA")
        assert client.rcode(reply) == "NOERROR" and not reply.answer
    assert unbound.times_asked("nothing.zone.example") == 1
    assert unbound.times_asked("mail.zone.example", "AAAA") == 1


def test_two_workers_share_one_cache(stage, unbound):
    dotring = Dotring(stage, [unbound], {"engine.workers": 2})
    # Each socket is another client port, so the kernel spreads them over both workers.
    for _ in range(40):
        assert client.addresses(dotring.ask("www.zone.example")) == ["192.0.2.1", "192.0.2.2"]
    turns = dotring.metrics()
    assert turns.sum("dotring_loop_turns_total", worker="0") > 0
    assert turns.sum("dotring_loop_turns_total", worker="1") > 0
    assert unbound.times_asked("www.zone.example") == 1
