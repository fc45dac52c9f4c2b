"""dotring-responder as a program: what it prints, what signals do, how it ends."""

import json
import os
import pathlib
import re
import select
import signal
import socket
import ssl
import subprocess
import time

import dns.edns
import dns.flags
import dns.message
import dns.query
import pytest

ROOT = pathlib.Path(__file__).parents[3]
PROGRAM = pathlib.Path(os.environ.get("DOTRING_BIN_DIR", ROOT / "build" / "bin")) / "dotring-responder"
TIMEOUT_S = 15


class Responder:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        self.ready = self.line()
        self.ports = dict(re.findall(r"(\w+)=127\.0\.0\.1:(\d+)", self.ready))

    def line(self):
        """The next line of standard output; it must come in time."""
        text, end = b"", time.monotonic() + TIMEOUT_S
        while not text.endswith(b"\n"):
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            assert readable, f"no line in time, only {text}"
            octet = self.process.stdout.read(1)
            assert octet, f"it ended after {text}: {self.process.stderr.read()}"
            text += octet
        return text.decode().rstrip("\n")

    def ask(self, name, tcp=False, **options):
        ask = dns.query.tcp if tcp else dns.query.udp
        port = int(self.ports["tcp" if tcp else "udp"])
        return ask(dns.message.make_query(name, "A", **options), "127.0.0.1", TIMEOUT_S, port)

    def connect(self, transport):
        return socket.create_connection(("127.0.0.1", int(self.ports[transport])), TIMEOUT_S)

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Exit status, and the report that it ends with."""
        self.signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, json.loads(output.splitlines()[-1])


@pytest.fixture
def start():
    started = []

    def start_one(*options):
        started.append(Responder(*options))
        return started[-1]

    yield start_one
    for each in started:
        each.process.kill()
        each.process.communicate()


def run(*options):
    done = subprocess.run([PROGRAM, *map(str, options)], capture_output=True, text=True, timeout=TIMEOUT_S)
    return done.returncode, done.stderr


def test_it_says_where_it_listens_answers_and_ends_with_a_report(start, tmp_path):
    ca = tmp_path / "ca.pem"
    responder = start(
        "--plain", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--make-cert", "responder.test", "--write-ca", ca
    )
    assert responder.ready.startswith("ready: listening udp=")
    assert responder.ports["udp"] == responder.ports["tcp"] and responder.ports["tls"] != "0"
    assert "BEGIN CERTIFICATE" in ca.read_text()
    assert responder.ask("www.example.com").answer == responder.ask("www.example.com", tcp=True).answer
    status, report = responder.end()
    assert status == 0
    assert report["queries"] == {"total": 2, "udp": 1, "tcp": 1, "tls": 0}


def test_sigusr1_prints_the_report(start):
    responder = start("--plain", "127.0.0.1:0", "--workers", 2)
    responder.ask("a.example")
    responder.signal(signal.SIGUSR1)
    assert json.loads(responder.line())["queries"]["udp"] == 1
    assert responder.ask("a.example").answer


def test_sighup_reads_the_rules_again(start, tmp_path):
    rules = tmp_path / "rules"
    rules.write_text("# first\na*:ttl=1\n")
    responder = start("--plain", "127.0.0.1:0", "--rules-file", rules)
    assert responder.ask("a.example").answer[0].ttl == 1
    rules.write_text("a*:ttl=2\nb*:rcode=servfail\n")
    responder.signal(signal.SIGHUP)
    assert responder.line() == "rules: 2"
    assert _becomes(lambda: responder.ask("a.example").answer[0].ttl, 2)
    rules.write_text("nonsense\n")
    responder.signal(signal.SIGHUP)
    assert "line 1" in responder.process.stderr.readline().decode()
    assert responder.ask("a.example").answer[0].ttl == 2


def test_queries_can_be_logged(start):
    responder = start("--plain", "127.0.0.1:0", "--log-queries")
    responder.ask("a.example", use_edns=0, payload=1400, want_dnssec=True)
    logged = json.loads(responder.line())
    assert logged["query"] == "a.example." and logged["transport"] == "udp"
    assert logged["edns"]["udp_size"] == 1400 and logged["edns"]["do"] is True


def test_udp_and_tcp_can_have_places_of_their_own(start):
    responder = start("--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0")
    assert responder.ask("a.example").answer == responder.ask("a.example", tcp=True).answer
    assert start("--udp", "127.0.0.1:0").ports.keys() == {"udp"}


def test_the_largest_datagram_can_be_chosen(start):
    def cut(*options):
        responder = start("--plain", "127.0.0.1:0", "--default", "size=1000", *options)
        return bool(responder.ask("a.example", use_edns=0, payload=4096).flags & dns.flags.TC)

    assert (cut(), cut("--udp-size-max", 600)) == (False, True)


def test_the_seed_decides_what_is_lost(start):
    def answered(seed):
        """Which of many are, the last of which is always."""
        options = ["--default", "loss=50%", "--rule", "last.example:loss=0", "--seed", seed]
        responder = start("--udp", "127.0.0.1:0", *options)
        ids = set()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(TIMEOUT_S)
            client.connect(("127.0.0.1", int(responder.ports["udp"])))
            for index in range(64):
                name = "last.example" if index == 63 else "a.example"
                client.send(dns.message.make_query(name, "A", id=index).to_wire())
            while 63 not in ids:
                ids.add(dns.message.from_wire(client.recv(4096)).id)
        return ids

    first = answered(7)
    assert answered(7) == first and answered(8) != first and 1 < len(first) < 64


def test_connections_end_when_idle_and_are_told_so(start):
    responder = start("--plain", "127.0.0.1:0", "--idle-timeout", "200ms", "--keepalive", "3s")
    with responder.connect("tcp") as idle:
        assert idle.recv(1) == b""
    reply = responder.ask("a.example", tcp=True, use_edns=0, options=[dns.edns.GenericOption(11, b"")])
    assert [option.data for option in reply.options if option.otype == 11] == [bytes([0, 30])]


def test_connections_above_the_limit_are_closed(start):
    responder = start("--plain", "127.0.0.1:0", "--connections-max", 1)
    with responder.connect("tcp") as first, responder.connect("tcp") as second:
        assert second.recv(1) == b""
        dns.query.send_tcp(first, dns.message.make_query("a.example", "A"))
        assert dns.query.receive_tcp(first)[0].answer


def test_queries_without_a_place_to_wait_are_answered_at_once(start):
    responder = start("--plain", "127.0.0.1:0", "--default", "latency=60s", "--delayed-max", 1)
    with responder.connect("tcp") as client:
        for number in (1, 2):
            dns.query.send_tcp(client, dns.message.make_query("a.example", "A", id=number))
        assert dns.query.receive_tcp(client)[0].id == 2


def test_what_is_in_flight_at_the_end_gets_the_time_that_was_given(start):
    responder = start("--plain", "127.0.0.1:0", "--default", "latency=2s", "--drain", "60s", "--log-queries")
    with responder.connect("tcp") as client:
        dns.query.send_tcp(client, dns.message.make_query("a.example", "A"))
        responder.line()
        status, report = responder.end()
        assert status == 0 and report["queries"]["tcp"] == 1
        assert dns.query.receive_tcp(client)[0].answer


class TestTls:
    @pytest.fixture
    def handshake(self, start, tmp_path):
        """The stream of a client that trusts what is written, after one question; as the options want it."""

        def connect(*options, name="responder.test"):
            authority = tmp_path / "ca.pem"
            made = ["--make-cert", "responder.test,127.0.0.1", "--write-ca", authority]
            responder = start("--tls", "127.0.0.1:0", *made, *options)
            context = ssl.create_default_context(cafile=str(authority))
            context.verify_flags |= ssl.VERIFY_X509_STRICT  # Python's default since 3.13
            stream = context.wrap_socket(responder.connect("tls"), server_hostname=name)
            dns.query.send_tcp(stream, dns.message.make_query("a.example", "A"))
            assert dns.query.receive_tcp(stream)[0].answer
            return stream

        return connect

    def test_version_and_tickets(self, handshake):
        for options, version, tickets in [
            ([], "TLSv1.3", True),
            (["--tls13", "--no-tickets"], "TLSv1.3", False),
            (["--tls12"], "TLSv1.2", True),
            (["--tls12", "--no-tickets"], "TLSv1.2", False),
        ]:
            with handshake(*options) as stream:
                assert stream.version() == version
                assert stream.session.has_ticket == tickets, options

    def test_names_and_who_signed(self, handshake):
        with handshake(name="127.0.0.1") as stream:
            certificate = stream.getpeercert()
            assert certificate["issuer"] != certificate["subject"]
        with handshake("--self-signed") as stream:
            certificate = stream.getpeercert()
            assert certificate["issuer"] == certificate["subject"]

    def test_an_expired_one_is_just_that(self, handshake):
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            handshake("--expired")


@pytest.mark.parametrize(
    "options, said",
    [
        (["--rule", "a:dorp"], "unknown behaviour 'dorp'"),
        (["--rule", "nonsense"], "PATTERN:BEHAVIOUR"),
        (["--default", "ttl=x"], "--default"),
        (["--rules-file", "/nowhere/rules"], "/nowhere/rules"),
        (["--udp", "localhost:53"], "--udp localhost:53"),
        (["--tls", "127.0.0.1:0"], "--tls needs a certificate"),
        (["--cert", "x"], "--cert and --key"),
        (["--idle-timeout", "soon"], "--idle-timeout soon"),
        (["--keepalive", "2m", "--tls-fault", "loud"], "--tls-fault"),
        (["--no-such-option"], "no-such-option"),
    ],
)
def test_wrong_arguments_are_named_and_status_2(options, said):
    status, error = run(*options)
    assert status == 2 and said in error, error


def test_what_cannot_be_had_is_named_and_status_1():
    for options, said in [
        (["--udp", "192.0.2.1:53"], "udp 192.0.2.1:53"),
        (["--cert", "/nowhere/cert", "--key", "/nowhere/key"], "/nowhere/cert"),
    ]:
        status, error = run(*options)
        assert status == 1 and said in error and len(error.splitlines()) == 1, error


def test_help_and_version():
    for option in ("--help", "--version"):
        assert run(option)[0] == 0


def _becomes(value, wanted):
    end = time.monotonic() + TIMEOUT_S
    while value() != wanted:
        if time.monotonic() > end:
            return False
    return True
