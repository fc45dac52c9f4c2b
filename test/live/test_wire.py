"""What RFC.md asks of a forwarder, as bytes between a client and dotring, with an upstream that records."""

import ssl
import struct

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from harness import client
from harness.dotring import Dotring
from harness.upstream import PythonUpstream, address_answer

NOERROR, FORMERR, NOTIMP = 0, 1, 4
QR, OPCODE_SHIFT = 0x80, 3


@pytest.fixture
def upstream(stage, authority):
    return PythonUpstream(stage, authority)


@pytest.fixture
def dotring(stage, upstream):
    return Dotring(stage, [upstream])


def query_octets(name="www.zone.example", kind="A", **options):
    return bytearray(client.query(name, kind, **options).to_wire())


def rcode_of(octets):
    return octets[3] & 15


class TestHeaders:
    @pytest.mark.parametrize("opcode", [1, 2, 4, 5, 6, 15])
    def test_opcodes_that_are_not_forwarded_are_not_implemented(self, dotring, upstream, opcode):
        octets = query_octets()
        octets[2] = opcode << OPCODE_SHIFT
        reply = client.exchange_udp(dotring.server, octets)
        assert reply[:2] == octets[:2]
        assert reply[2] & QR and (reply[2] >> OPCODE_SHIFT) & 15 == opcode
        assert rcode_of(reply) == NOTIMP
        assert not upstream.asked

    def test_no_question_is_a_format_error(self, dotring):
        reply = client.exchange_udp(dotring.server, bytes([1, 2, 1, 0]) + bytes(8))
        assert rcode_of(reply) == FORMERR and reply[:2] == bytes([1, 2])

    def test_two_questions_are_a_format_error(self, dotring, upstream):
        octets = query_octets()
        octets[5] = 2
        octets += octets[12:]
        assert rcode_of(client.exchange_udp(dotring.server, octets)) == FORMERR
        assert not upstream.asked

    def test_a_response_and_less_than_a_header_get_no_reply(self, dotring):
        response = query_octets("one.zone.example")
        response[2] |= QR
        question = client.query("two.zone.example")
        with client.udp_socket(dotring.server) as socket:
            for datagram in (response, bytes(5), b"", question.to_wire()):
                socket.send(datagram)
            # Replies of one worker come in order: the first is for the question, or there were others.
            assert client.answered_id(client.received(socket)) == question.id

    def test_flags_come_back_as_they_must(self, dotring):
        octets = query_octets()
        reply = client.exchange_udp(dotring.server, octets)
        flags = struct.unpack("!H", reply[2:4])[0]
        assert flags & dns.flags.QR and flags & dns.flags.RD and flags & dns.flags.RA
        assert not flags & dns.flags.TC
        assert rcode_of(reply) == NOERROR

    def test_the_case_of_the_question_is_kept_also_from_the_cache(self, dotring, upstream):
        for name in ("WwW.zOnE.eXaMpLe", "www.ZONE.example", "www.zone.example"):
            octets = query_octets(name)
            reply = client.exchange_udp(dotring.server, octets)
            assert reply[12 : len(octets)] == octets[12:]
            assert client.addresses(dns.message.from_wire(reply)) == ["192.0.2.1"]
        assert upstream.times_asked("www.zone.example") == 1


class TestTransparency:
    @pytest.mark.parametrize("kind", ["TYPE65534", "NAPTR", "SVCB", "TYPE1", "NULL"])
    def test_types_that_nobody_knows_pass(self, dotring, upstream, kind):
        assert client.addresses(dotring.ask("odd.zone.example", kind)), "and the answer back"
        (asked,) = upstream.asked
        assert asked.message.question[0].rdtype == client.query("x.", kind).question[0].rdtype

    def test_classes_pass(self, dotring, upstream):
        octets = query_octets()
        octets[-1] = 4  # Hesiod; CHAOS is about the server itself and refused
        reply = client.exchange_udp(dotring.server, octets)
        assert rcode_of(reply) == NOERROR and reply[12 : len(octets)] == octets[12:]
        assert upstream.asked[0].message.question[0].rdclass == 4

    def test_unknown_records_pass_octet_by_octet(self, stage, unbound):
        reply = Dotring(stage, [unbound]).ask("odd.zone.example", "TYPE65534")
        assert reply.answer[0][0].to_text() == r"\# 4 01020304"

    def test_options_that_nobody_knows_do_no_harm(self, dotring):
        option = dns.edns.GenericOption(65001, b"hello")
        reply = dotring.ask("www.zone.example", use_edns=0, options=[option])
        assert client.rcode(reply) == "NOERROR" and reply.edns == 0
        assert not reply.options


class TestEdns:
    def test_opt_in_the_reply_if_and_only_if_in_the_query(self, dotring):
        for _ in range(2):  # from the upstream, then from the cache
            assert dotring.ask("www.zone.example").edns == -1
            assert dotring.ask("www.zone.example", use_edns=0).edns == 0

    def test_a_later_version_is_refused_by_its_number(self, dotring, upstream):
        octets = query_octets(use_edns=0)
        octets[-5] = 1  # the version in OPT's TTL field (RFC 6891, 6.1.3)
        reply = dns.message.from_wire(client.exchange_udp(dotring.server, octets))
        assert client.rcode(reply) == "BADVERS" and reply.edns == 0 and reply.payload == 1232
        assert not upstream.asked

    def test_two_opt_records_are_a_format_error(self, dotring, upstream):
        octets = query_octets(use_edns=0)
        octets[11] = 2
        octets += octets[-11:]
        assert rcode_of(client.exchange_udp(dotring.server, octets)) == FORMERR
        assert not upstream.asked

    def test_opt_towards_the_upstream_is_our_own(self, dotring, upstream):
        options = [
            dns.edns.ECSOption("192.0.2.0", 24),
            dns.edns.GenericOption(10, bytes(8)),  # cookie
            dns.edns.GenericOption(65001, b"hello"),
        ]
        dotring.ask("www.zone.example", use_edns=0, payload=4000, options=options)
        (asked,) = upstream.asked
        assert asked.message.edns == 0 and asked.message.payload == 1232
        assert set(asked.options) <= {11, 12}  # keepalive and padding

    def test_queries_on_tls_are_padded_with_zeros_at_the_end(self, dotring, upstream):
        for name in ("a", "a-longer-name", "x" * 60):
            dotring.ask(f"{name}.zone.example")
        for asked in upstream.asked:
            assert len(asked.wire) % 128 == 0
            assert asked.options[-1] == 12
            assert not any(asked.message.options[-1].data)

    def test_keepalive_is_asked_for_empty(self, dotring, upstream):
        dotring.ask("www.zone.example")
        assert [option.data for option in upstream.asked[0].message.options if option.otype == 11] == [b""]

    def test_nothing_is_padded_in_clear_text(self, dotring):
        padding = dns.edns.GenericOption(12, bytes(20))
        for ask in (dotring.ask, dotring.ask_tcp):
            reply = ask("www.zone.example", use_edns=0, options=[padding])
            assert 12 not in [option.otype for option in reply.options]

    def test_keepalive_is_told_to_tcp_clients_who_ask_and_to_nobody_by_udp(self, stage, upstream):
        dotring = Dotring(stage, [upstream], {"listen.tcp_idle_timeout_ms": 4000})
        keepalive = dns.edns.GenericOption(11, b"")
        reply = dotring.ask_tcp("www.zone.example", use_edns=0, options=[keepalive])
        (option,) = [option for option in reply.options if option.otype == 11]
        assert struct.unpack("!H", option.data)[0] == 40  # units of 100 ms
        reply = dotring.ask("www.zone.example", use_edns=0, options=[keepalive])
        assert 11 not in [option.otype for option in reply.options]
        reply = dotring.ask_tcp("www.zone.example", use_edns=0)
        assert 11 not in [option.otype for option in reply.options]

    def test_of_subnets_nothing_is_told_also_where_the_client_forbids_it(self, dotring, upstream):
        for index, source in enumerate((24, 0)):
            option = dns.edns.ECSOption("192.0.2.0", source)
            reply = dotring.ask(f"n{index}.zone.example", use_edns=0, options=[option])
            assert client.addresses(reply) and not reply.options
        assert [8 in asked.options for asked in upstream.asked] == [False, False]

    def test_an_answer_for_another_subnet_is_not_taken(self, stage, authority):
        def answer(asked):
            reply = address_answer(asked.message)
            reply.use_edns(0, options=[dns.edns.ECSOption("198.51.100.0", 24, 24)])
            return [reply]

        tailoring = PythonUpstream(stage, authority, answer)
        dotring = Dotring(stage, [tailoring], {"upstream.timeout_ms": 1000})
        assert client.rcode(dotring.ask("www.zone.example")) == "SERVFAIL"
        other = PythonUpstream(stage, authority, lambda asked: [address_answer(asked.message, "192.0.2.77")])
        dotring = Dotring(stage, [tailoring, other], {"upstream.policy": "in-order", "engine.workers": 1})
        dotring.wait_until_up(tailoring, other)
        assert client.addresses(dotring.ask("other.zone.example")) == ["192.0.2.77"]
        assert "other.zone.example" in [asked.name for asked in tailoring.asked]


class TestSizes:
    def test_an_answer_that_does_not_fit_is_truncated_whole(self, stage, unbound):
        dotring = Dotring(stage, [unbound])
        for options, size_max in (({}, 512), ({"use_edns": 0, "payload": 100}, 512), ({"use_edns": 0, "payload": 4096}, 1232)):
            message = client.query("big.zone.example", "TXT", **options)
            reply = client.exchange_udp(dotring.server, message.to_wire())
            assert len(reply) <= size_max
            parsed = dns.message.from_wire(reply)
            assert parsed.flags & dns.flags.TC
            assert not parsed.answer  # one RRset: all of it or nothing

    def test_how_much_fits_is_what_the_client_says_between_two_limits(self, stage, authority):
        def answer(asked):
            """As long as the name says, the OPT of the reply included."""
            reply = dns.message.make_response(asked.message, recursion_available=True)
            reply.use_edns(False)
            size = int(asked.name.split(".")[0]) - len(reply.to_wire()) - 12 - 11
            strings = [255] * (size // 256) + [size % 256 - 1] * (size % 256 > 0)
            text = " ".join(f'"{"x" * length}"' for length in strings)
            reply.answer.append(dns.rrset.from_text(asked.message.question[0].name, 300, "IN", "TXT", text))
            return [reply]

        dotring = Dotring(stage, [PythonUpstream(stage, authority, answer)])

        def fits(size, **options):
            message = client.query(f"{size}.zone.example", "TXT", **options)
            reply = dns.message.from_wire(client.exchange_udp(dotring.server, message.to_wire()))
            assert bool(reply.answer) != bool(reply.flags & dns.flags.TC)
            return bool(reply.answer)

        for _ in range(2):  # from the upstream, then from the cache
            assert fits(523) and not fits(524), "without OPT there are eleven octets more"
            assert fits(512, use_edns=0, payload=100) and not fits(513, use_edns=0, payload=100)
            assert fits(900, use_edns=0, payload=900) and not fits(901, use_edns=0, payload=900)
            assert fits(1232, use_edns=0, payload=4096) and not fits(1233, use_edns=0, payload=4096)

    def test_by_tcp_all_of_it_comes(self, stage, unbound):
        reply = Dotring(stage, [unbound]).ask_tcp("big.zone.example", "TXT")
        assert not reply.flags & dns.flags.TC
        assert len(reply.answer[0]) == 15

    def test_dig_comes_back_by_tcp(self, stage, unbound):
        dotring = Dotring(stage, [unbound])
        assert client.dig(dotring.server, "big.zone.example", "TXT", "+short").count("\n") == 15

    def test_the_limit_of_udp_can_be_raised(self, stage, unbound):
        dotring = Dotring(stage, [unbound], {"listen.udp_size_max": 4096})
        reply = dotring.ask("big.zone.example", "TXT", use_edns=0, payload=4096)
        assert not reply.flags & dns.flags.TC and len(reply.answer[0]) == 15


class TestDnssecBits:
    def test_do_and_cd_split_the_cache(self, dotring, upstream):
        for want_dnssec in (False, True):
            for checking_disabled in (False, True):
                for _ in range(2):
                    message = client.query("www.zone.example", want_dnssec=want_dnssec)
                    if checking_disabled:
                        message.flags |= dns.flags.CD
                    reply = client.ask_udp(dotring.server, message)
                    assert bool(reply.flags & dns.flags.CD) == checking_disabled
                    assert bool(reply.ednsflags & dns.flags.DO) == want_dnssec
        seen = [(bool(a.message.ednsflags & dns.flags.DO), bool(a.message.flags & dns.flags.CD)) for a in upstream.asked]
        assert len(seen) == len(set(seen)) == 4

    def test_signatures_only_for_those_who_ask(self, stage, unbound):
        dotring = Dotring(stage, [unbound])

        def types(**options):
            return {dns.rdatatype.to_text(rrset.rdtype) for rrset in dotring.ask("signed.zone.example", **options).answer}

        for _ in range(2):
            assert types(want_dnssec=True) == {"A", "RRSIG"}
            assert types() == {"A"}

    def test_ad_is_for_those_who_ask(self, stage, authority):
        def answer(asked):
            reply = address_answer(asked.message)
            reply.flags |= dns.flags.AD
            return [reply]

        dotring = Dotring(stage, [PythonUpstream(stage, authority, answer)])

        def ad(flags=0, **options):
            message = client.query("www.zone.example", **options)
            message.flags |= flags
            return bool(client.ask_udp(dotring.server, message).flags & dns.flags.AD)

        for _ in range(2):
            assert not ad()
            assert ad(flags=dns.flags.AD)
            assert ad(want_dnssec=True)


# Keys query.forward_*, and a name of each.
FORWARDED = {
    "localhost": "a.localhost",
    "invalid": "a.invalid",
    "test": "a.test",
    "local": "a.local",
    "onion": "a.onion",
    "home_arpa": "a.home.arpa",
    "resolver_arpa": "a.resolver.arpa",
    "loopback_reverse": "1.0.0.127.in-addr.arpa",
}


class TestNames:
    @pytest.mark.parametrize("name", ["a.test", "a.invalid", "a.local", "a.onion", "a.home.arpa", "a.resolver.arpa"])
    def test_special_names_are_not_forwarded(self, dotring, upstream, name):
        reply = dotring.ask(name)
        # RFC 9462, 8: names in resolver.arpa are there and have nothing.
        assert client.rcode(reply) == ("NOERROR" if name.endswith("resolver.arpa") else "NXDOMAIN")
        assert not reply.answer and reply.authority[0].rdtype == dns.rdatatype.SOA
        assert not upstream.asked

    def test_localhost_is_here(self, dotring, upstream):
        assert client.addresses(dotring.ask("localhost")) == ["127.0.0.1"]
        assert client.addresses(dotring.ask("a.localhost", "AAAA")) == ["::1"]
        assert not upstream.asked

    @pytest.mark.parametrize("bit", range(4))
    def test_each_can_be_allowed_by_its_own_key(self, stage, upstream, bit):
        """Every key is on in some of the four and off in others, and no two are on in the same ones."""
        keys = {key: bool(index >> bit & 1) for index, key in enumerate(FORWARDED, start=1)}
        dotring = Dotring(stage, [upstream], {f"query.forward_{key}": str(on).lower() for key, on in keys.items()})
        for key, on in keys.items():
            dotring.ask(FORWARDED[key], "PTR")
            assert upstream.times_asked(FORWARDED[key]) == on, key

    def test_any_is_answered_minimally(self, dotring, upstream):
        reply = dotring.ask("www.zone.example", "ANY")
        assert [dns.rdatatype.to_text(rrset.rdtype) for rrset in reply.answer] == ["HINFO"]
        assert len(reply.to_wire()) < 100
        assert not upstream.asked

    def test_any_octet_may_stand_in_a_name(self, dotring, upstream):
        name = dns.name.Name([bytes([0, 46, 92, 255]), b"zone", b"example", b""])
        reply = client.ask_udp(dotring.server, client.query(name))
        assert reply.question[0].name == name and client.addresses(reply)
        assert upstream.asked[0].message.question[0].name == name

    def test_a_name_of_255_octets_passes_and_one_of_256_does_not(self, dotring, upstream):
        labels = [63, 63, 63]

        def octets(last):
            name = b"".join(bytes([size]) + b"x" * size for size in [*labels, last]) + b"\0"
            return bytes([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]) + name + bytes([0, 1, 0, 1])

        assert rcode_of(client.exchange_udp(dotring.server, octets(61))) == 0
        assert rcode_of(client.exchange_udp(dotring.server, octets(62))) == FORMERR
        assert len(upstream.asked) == 1

    def test_a_compressed_question_is_never_followed_into_a_circle(self, dotring, upstream):
        octets = bytes([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1])
        assert rcode_of(client.exchange_udp(dotring.server, octets)) == FORMERR
        assert not upstream.asked


class TestUpstream:
    def test_strict_tls_with_name_and_alpn(self, dotring, upstream):
        dotring.ask("www.zone.example")
        connection = upstream.asked[0].connection
        assert connection.tls_version == "TLSv1.3"
        assert connection.server_name == "resolver.test"
        assert connection.alpn == "dot"

    def test_equal_questions_in_flight_share_one(self, stage, authority):
        held = []

        def answer(asked):
            held.append(asked)
            return [] if asked.name == "held.zone.example" else [address_answer(a.message) for a in held]

        upstream = PythonUpstream(stage, authority, answer)
        dotring = Dotring(stage, [upstream], {"engine.workers": 1, "upstream.connections": 1})
        messages = [client.query("held.zone.example") for _ in range(20)]
        with client.TcpClient(dotring.server) as connection:
            connection.send(*messages)
            dotring.process.wait_for(lambda: len(held) == 1, "the question arrives upstream")
            connection.send(client.query("release.zone.example"))
            replies = [connection.receive() for _ in range(21)]
        assert {message.id for message in messages} <= {client.answered_id(reply) for reply in replies}
        assert upstream.times_asked("held.zone.example") == 1
        assert all(client.addresses(reply) for reply in replies)

    def test_ids_in_flight_differ(self, stage, authority):
        held = []

        def answer(asked):
            held.append(asked)
            return [address_answer(a.message) for a in held] if len(held) == 50 else []

        dotring = Dotring(stage, [PythonUpstream(stage, authority, answer)], {"engine.workers": 1})
        with client.TcpClient(dotring.server) as connection:
            connection.send(*(client.query(f"n{index}.zone.example") for index in range(50)))
            for _ in range(50):
                assert client.addresses(connection.receive())
        keys = {(asked.connection.number, asked.message.id) for asked in held}
        assert len(keys) == len(held)

    def test_tls_12_is_spoken_where_it_must(self, stage, authority):
        upstream = PythonUpstream(stage, authority, tls_max=ssl.TLSVersion.TLSv1_2)
        assert client.addresses(Dotring(stage, [upstream]).ask("www.zone.example"))
        assert upstream.asked[0].connection.tls_version == "TLSv1.2"
