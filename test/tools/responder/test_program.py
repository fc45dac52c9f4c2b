"""dotring-responder as a program: what it prints, what signals do, how it ends."""

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time

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
