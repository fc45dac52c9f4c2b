"""Whom dotring trusts, what it shows them, and which of several it asks."""

import base64
import hashlib
import ssl
import struct

import dns.edns
import dns.message
import dns.rcode
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from harness import client, client_hello, namespaces, ports, servers
from harness.certificates import Authority
from harness.dotring import ASKED_ONCE, Dotring, Responder
from harness.upstream import Close, PythonUpstream, address_answer
from harness.waiting import wait_for

SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
REFUSED = {"upstream.timeout_ms": 1000}
PADDING = 12  # RFC 7830
DNSSEC_BOGUS, CENSORED = 6, 16  # RFC 8914


class At:
    """Another URL for an upstream that runs."""

    def __init__(self, upstream, options="", name="", place=None):
        self.authority = upstream.authority
        self.url = f"tls://{place or f'{servers.HOST}:{upstream.port}'}{options}" + (f"#{name}" if name else "")


def pin_of(certificate):
    """SHA-256 of the SubjectPublicKeyInfo, in base64 (RFC 7858, 4.2)."""
    key = x509.load_pem_x509_certificate(certificate.chain.read_bytes()).public_key()
    octets = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(octets).digest()).decode()


def answers(dotring, name="www.zone.example"):
    reply = dotring.ask(name)
    assert client.rcode(reply) in ("NOERROR", "SERVFAIL")
    return client.rcode(reply) == "NOERROR"


class TestTrust:
    @pytest.fixture
    def stranger(self, stage, authority, tmp_path):
        """An upstream whose certificate nobody vouches for: its authority is not the one that dotring is given."""
        certificate = Authority(tmp_path, "a stranger").issue(servers.AUTH_NAME)
        upstream = PythonUpstream(stage, authority, certificate=certificate)
        upstream.pin = pin_of(certificate)
        upstream.other_pin = pin_of(authority.issue(servers.AUTH_NAME))
        return upstream

    def test_a_pin_is_enough(self, stage, stranger):
        assert answers(Dotring(stage, [At(stranger, f"?pin={stranger.pin}")]))

    def test_one_of_several_pins_is_enough(self, stage, stranger):
        assert answers(Dotring(stage, [At(stranger, f"?pin={stranger.other_pin}&pin={stranger.pin}")]))

    def test_another_pin_is_refused_and_nothing_is_sent(self, stage, stranger):
        dotring = Dotring(stage, [At(stranger, f"?pin={stranger.other_pin}")], REFUSED)
        assert not answers(dotring) and not stranger.asked
        assert dotring.metrics().sum("dotring_upstream_certificates_refused_total") >= 1

    def test_with_a_name_the_pin_alone_is_not_enough(self, stage, stranger):
        dotring = Dotring(stage, [At(stranger, f"?pin={stranger.pin}", servers.AUTH_NAME)], REFUSED)
        assert not answers(dotring) and not stranger.asked

    def test_opportunistic_only_when_somebody_asked_for_it(self, stage, stranger):
        assert not answers(Dotring(stage, [stranger], REFUSED)) and not stranger.asked
        assert answers(Dotring(stage, [stranger], {"upstream.authentication": "opportunistic"}))

    def test_an_ipv6_address_is_dialled_and_is_a_name_too(self, stage, authority):
        place = f"[::1]:{ports.free_port()}"
        upstream = Responder(stage, authority, "--tls", place, certificate=authority.issue("::1"))
        assert answers(Dotring(stage, [At(upstream, place=place)]))
        assert not answers(Dotring(stage, [At(upstream, place=place, name="127.0.0.1")], REFUSED))

    def test_without_a_file_the_system_decides(self, stage, authority):
        """The test's authority is none of the system's; where it takes their place it is trusted."""
        upstream = PythonUpstream(stage, authority)
        dotring = Dotring(stage, [upstream], {**REFUSED, "upstream.ca_file": None})
        assert not answers(dotring) and not upstream.asked
        assert dotring.metrics().sum("dotring_upstream_certificates_refused_total") >= 1
        own_bundle = namespaces.prefix("mount", f'mount --bind "{authority.path}" {SYSTEM_BUNDLE}')
        assert answers(Dotring(stage, [upstream], {"upstream.ca_file": None}, prefix=own_bundle))


class TestHandshake:
    def test_what_the_first_flight_shows(self, stage, authority):
        upstream = PythonUpstream(stage, authority)
        assert answers(Dotring(stage, [upstream]))
        hello = client_hello.parse(upstream.connections[0].hello)
        assert hello.server_name == servers.AUTH_NAME
        assert hello.alpn == ["dot"]
        assert set(hello.versions) == {0x0304, 0x0303} and hello.versions[0] == 0x0304
        assert hello.tickets == []

    def test_an_address_is_no_server_name(self, stage, authority):
        upstream = PythonUpstream(stage, authority, name=servers.HOST)
        assert answers(Dotring(stage, [upstream]))
        assert client_hello.parse(upstream.connections[0].hello).server_name is None

    def test_tls_1_2_can_be_refused(self, stage, authority):
        upstream = PythonUpstream(stage, authority, tls_max=ssl.TLSVersion.TLSv1_2)
        dotring = Dotring(stage, [upstream], {**REFUSED, "upstream.tls13_only": "true"})
        assert not answers(dotring) and not upstream.connections
        assert dotring.metrics().sum("dotring_upstream_handshakes_failed_total") >= 1
        other = PythonUpstream(stage, authority)
        assert answers(Dotring(stage, [other], {"upstream.tls13_only": "true"}))
        assert client_hello.parse(other.connections[0].hello).versions == [0x0304]

    def test_only_the_ciphers_that_are_configured_are_offered(self, stage, authority):
        upstream = PythonUpstream(stage, authority)
        ciphers = "TLS13-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384"
        assert answers(Dotring(stage, [upstream], {"upstream.ciphers": ciphers}))
        assert client_hello.parse(upstream.connections[0].hello).ciphers == [0x1302, 0xC02C]

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_sessions_are_resumed_and_counted_and_no_ticket_is_shown_twice(self, stage, authority, version):
        def once(asked):
            yield address_answer(asked.message)
            raise Close

        upstream = PythonUpstream(stage, authority, once, tls_max=version)
        dotring = Dotring(stage, [upstream], {"engine.workers": 1, "upstream.connections": 1})
        names = iter(f"n{index}.zone.example" for index in range(1000))
        wait_for(lambda: answers(dotring, next(names)) and len(upstream.connections) >= 6, "six connections")
        page = dotring.metrics()
        resumed = page.sum("dotring_upstream_handshakes_total", kind="resumed")
        assert resumed >= 4
        assert page.sum("dotring_upstream_handshakes_total", kind="full") >= 1
        assert sum(connection.resumed for connection in list(upstream.connections)) >= resumed
        hellos = [client_hello.parse(connection.hello) for connection in list(upstream.connections)]
        tickets = [ticket for hello in hellos for ticket in hello.tickets]
        assert len(tickets) >= 4
        # A server of TLS 1.2 need not give a new one each time, and this one does not.
        assert len(set(tickets)) == len(tickets) or version == ssl.TLSVersion.TLSv1_2
        # Queries would be allowed (RFC 8446, 8); they are not sent before the server has proved who it is.
        assert not any(hello.early_data for hello in hellos)

    def test_where_no_more_tickets_come_those_that_came_are_shown_once(self, stage, authority):
        def once(asked):
            upstream.give_tickets(0)
            yield address_answer(asked.message)
            raise Close

        upstream = PythonUpstream(stage, authority, once, tls_max=ssl.TLSVersion.TLSv1_3)
        dotring = Dotring(stage, [upstream], {"engine.workers": 1, "upstream.connections": 1})
        names = iter(f"n{index}.zone.example" for index in range(1000))
        wait_for(lambda: answers(dotring, next(names)) and len(upstream.connections) >= 8, "eight connections")
        hellos = [client_hello.parse(connection.hello) for connection in list(upstream.connections)]
        tickets = [ticket for hello in hellos for ticket in hello.tickets]
        assert len(set(tickets)) == len(tickets) > 0


class TestStreams:
    @pytest.mark.parametrize("multiple", [0, 100])
    def test_queries_are_padded_to_a_multiple_of_what_is_configured(self, stage, authority, multiple):
        upstream = PythonUpstream(stage, authority)
        dotring = Dotring(stage, [upstream], {"upstream.padding": multiple})
        names = ["a.example", f"{'b' * 60}.{'c' * 60}.example"]
        assert all(answers(dotring, name) for name in names)
        asked = [asked for asked in upstream.asked if asked.name in names]
        assert [PADDING in one.options for one in asked] == [multiple > 0] * 2
        sizes = [len(one.wire) for one in asked]
        assert sizes == [100, 200] if multiple else sizes[1] - sizes[0] == len(names[1]) - len(names[0])

    def test_all_queries_of_a_turn_leave_in_one_record(self, stage, authority):
        upstream = Responder(stage, authority)
        dotring = Dotring(stage, [upstream], {"engine.workers": 1})
        assert answers(dotring)
        before = dotring.metrics()
        with client.TcpClient(dotring.server) as connection:
            connection.send(*(client.query(f"n{index}.zone.example") for index in range(64)))
            for _ in range(64):
                assert client.addresses(connection.receive())
        after = dotring.metrics()

        def grown(name):
            return after.sum(name) - before.sum(name)

        assert grown("dotring_upstream_queries_total") == 64
        # One read of a client's 64 questions may become two, where the kernel cuts it.
        assert grown("dotring_upstream_writes_total") <= 4
        assert grown("dotring_upstream_tls_records_total") <= 4

    def test_our_own_question_keeps_a_stream_open_until_nobody_has_asked_for_long(self, stage, authority):
        def answer(asked):
            reply = address_answer(asked.message)
            reply.use_edns(0, options=[keepalive(5)])  # half a second
            return [reply]

        upstream = PythonUpstream(stage, authority, answer)
        options = {"engine.workers": 1, "upstream.connections": 1, "upstream.warm_for_ms": 3000}
        dotring = Dotring(stage, [upstream], options)
        assert answers(dotring)
        assert dotring.metrics().sum("dotring_upstream_idle_limit_seconds") == 0.5
        wait_for(lambda: upstream.times_asked(".") >= 3, "three times past the limit")
        assert dotring.metrics().sum("dotring_upstream_keepalives_total") >= 3
        assert {asked.connection.number for asked in upstream.asked} == {0}
        wait_for(lambda: not dotring.metrics().sum("dotring_upstream_streams"), "the stream is not needed any more")

    def test_how_long_before_that_limit_is_a_matter_of_configuration(self, stage, authority):
        """After 0.8 of 8 seconds: by the default it were 6.8, when a stream is not kept ready any more."""

        def answer(asked):
            reply = address_answer(asked.message)
            reply.use_edns(0, options=[keepalive(80)])
            return [reply]

        options = {"upstream.idle_margin_percent": 90, "upstream.warm_for_ms": 5000}
        dotring = Dotring(stage, [PythonUpstream(stage, authority, answer)], {"engine.workers": 1, **options})
        assert answers(dotring)

        def keepalives():
            return dotring.metrics().sum("dotring_upstream_keepalives_total")

        wait_for(
            lambda: keepalives() or not dotring.metrics().sum("dotring_upstream_streams"), "the idle time is over"
        )
        assert keepalives() >= 1

    def test_an_idle_limit_that_nobody_told_is_learned_and_a_stream_kept_from_it(self, stage, authority):
        upstream = Responder(stage, authority, "--default", "idle-close=600ms")
        dotring = Dotring(stage, [upstream], {"engine.workers": 1, "upstream.connections": 1})
        assert answers(dotring)

        def limit_s():
            return dotring.metrics().sum("dotring_upstream_idle_limit_seconds")

        wait_for(limit_s, "it has closed an idle stream")
        assert limit_s() >= 0.5
        wait_for(lambda: dotring.metrics().sum("dotring_upstream_keepalives_total"), "a question of our own before it")

    def test_keepalive_of_zero_ends_the_stream(self, stage, authority):
        def answer(asked):
            reply = address_answer(asked.message)
            reply.use_edns(0, options=[keepalive(0)])
            return [reply]

        upstream = PythonUpstream(stage, authority, answer)
        dotring = Dotring(stage, [upstream], {"engine.workers": 1, "upstream.connections": 1})
        assert answers(dotring)
        for index in range(3):
            assert answers(dotring, f"n{index}.zone.example")
        numbers = [asked.connection.number for asked in upstream.asked]
        assert len(set(numbers)) == len(numbers)


def keepalive(units):
    return client.dns.edns.GenericOption(11, struct.pack("!H", units))


class TestSeveral:
    NAMES = [f"n{index}.zone.example" for index in range(60)]

    def with_all_up(self, stage, upstreams, options):
        dotring = Dotring(stage, upstreams, {"engine.workers": 1, **ASKED_ONCE, **options})
        dotring.wait_until_up(*upstreams)
        return dotring

    def shares(self, stage, upstreams, options):
        """How many of NAMES each upstream was asked for, one after another."""
        dotring = self.with_all_up(stage, upstreams, options)
        for name in self.NAMES:
            assert answers(dotring, name)
        return [sum(asked.name in self.NAMES for asked in upstream.asked) for upstream in upstreams]

    def test_in_order_the_first_has_all(self, stage, authority):
        upstreams = [PythonUpstream(stage, authority) for _ in range(2)]
        assert self.shares(stage, upstreams, {"upstream.policy": "in-order"}) == [60, 0]

    def test_evenly_each_has_the_same(self, stage, authority):
        upstreams = [PythonUpstream(stage, authority) for _ in range(3)]
        assert self.shares(stage, upstreams, {"upstream.policy": "even"}) == [20, 20, 20]

    def test_weights_are_proportions(self, stage, authority):
        upstreams = [PythonUpstream(stage, authority) for _ in range(2)]
        settings = [upstreams[0].url, At(upstreams[1], "?weight=3", servers.AUTH_NAME).url]
        options = {"upstream.policy": "even", "upstream.servers": settings}
        assert self.shares(stage, upstreams, options) == [15, 45]

    def test_the_fastest_has_nearly_all(self, stage, authority):
        slow = Responder(stage, authority, "--default", "latency=40ms")
        fast = PythonUpstream(stage, authority)
        # The first figure of the fast one may be a bad one, on a busy machine: it is soon measured again.
        options = {"engine.workers": 1, "upstream.remeasure_ms": 300}
        dotring = Dotring(stage, [slow, fast], options)
        names = iter(f"m{index}.zone.example" for index in range(100_000))

        def nearly_all():
            before = len(fast.asked)
            for _ in range(20):
                assert answers(dotring, next(names))
            return len(fast.asked) - before >= 18

        wait_for(nearly_all, "18 of 20 questions go to the fast one")

    def test_a_hedge_asks_the_second_when_the_first_is_slower_than_usual(self, stage, authority):
        first = Responder(stage, authority, "--default", "latency=20ms", "--rule", "late*:drop")
        second = PythonUpstream(stage, authority)
        options = {"upstream.policy": "in-order", "engine.workers": 1, "upstream.hedge_percentile": 95}
        # Without the hedge nobody else would be asked within the deadline.
        dotring = Dotring(stage, [first, second], {**options, **ASKED_ONCE})
        for name in self.NAMES:
            assert answers(dotring, name)
        before = dotring.metrics().sum("dotring_upstream_asked_again_total", reason="hedge")
        assert before < len(self.NAMES) / 2, "what is as fast as usual is asked once"
        assert answers(dotring, "late.zone.example")
        assert dotring.metrics().sum("dotring_upstream_asked_again_total", reason="hedge") == before + 1
        assert second.times_asked("late.zone.example") == 1

    @pytest.mark.parametrize("rcode", ["servfail", "refused"])
    def test_who_refuses_is_not_the_last_who_is_asked(self, stage, authority, rcode):
        first, second = Responder(stage, authority, "--default", f"rcode={rcode}"), PythonUpstream(stage, authority)
        dotring = self.with_all_up(stage, [first, second], {"upstream.policy": "in-order"})
        assert client.addresses(dotring.ask("www.zone.example"))
        assert second.times_asked("www.zone.example") == 1
        assert dotring.metrics().sum("dotring_upstream_asked_again_total", reason="refused") == 1

    @pytest.mark.parametrize("reason", [DNSSEC_BOGUS, CENSORED])
    def test_but_who_refuses_by_rule_is_believed(self, stage, authority, reason):
        def answer(asked):
            reply = dns.message.make_response(asked.message)
            reply.set_rcode(dns.rcode.SERVFAIL)
            reply.use_edns(0, options=[dns.edns.EDEOption(reason)])
            return [reply]

        first, second = PythonUpstream(stage, authority, answer), PythonUpstream(stage, authority)
        dotring = self.with_all_up(stage, [first, second], {"upstream.policy": "in-order"})
        reply = dotring.ask("www.zone.example", use_edns=0)
        assert client.rcode(reply) == "SERVFAIL" and client.extended_errors(reply) == [reason]
        assert not second.times_asked("www.zone.example")

    def test_a_failing_server_is_tried_again_and_used_again(self, stage, authority):
        certificate = authority.issue(servers.AUTH_NAME)
        first = Responder(stage, authority, certificate=certificate)
        second = PythonUpstream(stage, authority)
        options = {"upstream.policy": "in-order", "engine.workers": 1}
        dotring = Dotring(stage, [first, second], {**options, "upstream.backoff_longest_ms": 200})
        assert answers(dotring)
        first.process.kill()
        names = iter(f"m{index}.zone.example" for index in range(100_000))
        wait_for(lambda: answers(dotring, next(names)) and second.asked, "the second server is asked")
        Responder(stage, authority, port=first.port, certificate=certificate)

        def first_again():
            before = len(second.asked)
            return answers(dotring, next(names)) and len(second.asked) == before

        wait_for(first_again, "the first server is asked again")
