"""dotring-flood against dotring-responder and against nobody."""

import json
import subprocess

import pytest
from harness import servers
from harness.dotring import ENVIRONMENT, Responder, program
from harness.ports import free_port


def flood(port, *options):
    """(status, report or what it said)."""
    done = subprocess.run(
        [program("dotring-flood"), "--json", "-s", servers.HOST, "-p", str(port), *map(str, options)],
        capture_output=True,
        text=True,
        timeout=60,
        env=ENVIRONMENT,
    )
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else done.stderr


@pytest.mark.parametrize("mode", ["udp", "tcp"])
def test_every_query_is_answered_and_counted(stage, authority, mode):
    responder = Responder(stage, authority)
    options = ("-m", mode, "-c", 3, "-q", 30, "--count", 3000, "--names", 50)
    status, report = flood(responder.plain_port, *options)
    assert status == 0, report
    assert report["sent"] == report["answered"] == report["rcodes"]["NOERROR"]
    assert 3000 <= report["sent"] < 3030
    assert report["lost"] == report["mismatched"] == report["unexpected"] == report["empty"] == 0
    assert 0 < report["latency_from_sent_us"]["p50"] <= report["latency_from_sent_us"]["max"]


def test_an_open_loop_keeps_its_rate_and_counts_from_when_queries_were_due(stage, authority):
    responder = Responder(stage, authority, "--default", "latency=50ms")
    status, report = flood(responder.plain_port, "-Q", 1000, "-l", 1, "-q", 1000)
    assert status == 0, report
    assert 950 <= report["sent"] <= 1001
    assert report["latency_from_due_us"]["p50"] >= 50_000
    assert report["latency_from_due_us"]["max"] >= report["latency_from_sent_us"]["max"]


def test_a_stall_shows_in_the_latency_from_due(stage, authority):
    # Only 10 may be in flight: while they wait, others are due and cannot be sent.
    responder = Responder(stage, authority, "--default", "latency=100ms")
    status, report = flood(responder.plain_port, "-Q", 200, "-l", 1, "-q", 10)
    assert status == 0, report
    assert report["latency_from_sent_us"]["p50"] < 0.5 * report["latency_from_due_us"]["p99"]
    assert report["lateness_us"]["p99"] > 100_000


def test_what_gets_no_answer_is_lost(stage, authority):
    responder = Responder(stage, authority, "--default", "drop")
    status, report = flood(responder.plain_port, "-q", 10, "--count", 10, "-t", 0.2)
    assert status == 0, report
    assert report["lost"] == report["sent"] == 10 and report["answered"] == 0


def test_wrong_answers_are_told_apart(stage, authority):
    responder = Responder(stage, authority, "--default", "wrong-question")
    status, report = flood(responder.plain_port, "-q", 10, "--count", 10, "-t", 0.2)
    assert status == 0, report
    assert report["mismatched"] == 10 and report["answered"] == 0


def test_nobody_there_is_one_line_and_status_1():
    status, said = flood(free_port(), "-m", "tcp", "-l", 1)
    assert status == 1
    assert len(said.splitlines()) == 1 and "refused" in said


def test_wrong_arguments_are_status_2():
    for arguments in (["-m", "quic"], ["-s", "nonsense"], ["--suffix", "a..b"], ["-D"]):
        status, said = flood(53, *arguments)
        assert status == 2 and said, arguments
