"""How many equal replies a client gets, and how many of its queries may wait, against the running program."""

import contextlib
import socket
import threading

import dns.flags
import dns.rcode
import pytest
from harness import client
from harness.dotring import PATIENT, Dotring, run_once
from harness.upstream import PythonUpstream, address_answer
from harness.waiting import wait_for

NAME = "localhost"  # dotring answers it itself: no upstream is needed
SILENCE_S = 0.3  # no reply for so long: no more is coming


@contextlib.contextmanager
def udp_at(dotring, source):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((source, 0))
        udp.connect(dotring.server)
        udp.settimeout(client.TIMEOUT_S)
        yield udp


def fates(dotring, queries, source="127.0.0.2", replies_min=None):
    """All queries at once; the rcodes (with "TC" for truncated ones) of all replies. Who expects some to have none
    gives `replies_min`: so many come, and what comes behind them comes soon."""
    expected = len(queries) if replies_min is None else replies_min
    replies = []
    with udp_at(dotring, source) as udp:
        for query in queries:
            udp.send(query.to_wire())
        with contextlib.suppress(TimeoutError):
            while len(replies) < len(queries):
                udp.settimeout(client.TIMEOUT_S if len(replies) < expected else SILENCE_S)
                replies.append(client.received(udp))
    return ["TC" if reply.flags & dns.flags.TC else client.rcode(reply) for reply in replies]


def test_the_same_answer_goes_to_a_client_only_so_often(stage):
    # One worker: each counts its own slips. Ten at once, then one a second.
    options = {"rrl.replies": 1, "rrl.slip": 2, "rate.burst_ms": 10_000, "engine.workers": 1}
    dotring = Dotring(stage, options={**options, "rate.exempt": "127.4.0.0/16", "rate.ipv4_prefix": 24})
    same = [client.query(NAME)] * 100
    got = fates(dotring, same, replies_min=10 + 90 // 2)
    assert 10 <= got.count("NOERROR") <= 12, got
    assert got.count("TC") == (100 - got.count("NOERROR")) // 2
    assert fates(dotring, [client.query(NAME, "AAAA")]) == ["NOERROR"], "another answer"
    assert fates(dotring, same[:1], "127.0.1.2") == ["NOERROR"], "another client"
    assert fates(dotring, same, "127.4.0.1") == ["NOERROR"] * 100, "a client without a limit"
    assert client.rcode(dotring.ask_tcp(NAME)) == "NOERROR", "a client that is who it says"
    metrics = dotring.metrics()
    limited = {action: metrics.sum("dotring_replies_limited_total", reply="answer", action=action) for action in ("truncate", "drop")}
    assert limited == {"truncate": got.count("TC"), "drop": 100 - len(got)}
    assert metrics.sum("dotring_queries_dropped_total", reason="turned_away") == limited["drop"]


def test_random_names_without_answer_are_one_answer_and_errors_too(stage):
    options = {"rrl.replies": 1, "rrl.errors": 1, "rrl.slip": 0, "rate.burst_ms": 5000, "rrl.table": "4KiB"}
    dotring = Dotring(stage, options=options)
    got = fates(dotring, [client.query(f"random{index}.invalid") for index in range(50)], replies_min=5)
    assert 5 <= len(got) <= 7 and set(got) == {"NXDOMAIN"}
    transfers = [client.query(f"random{index}.example", "AXFR") for index in range(50)]
    refused = fates(dotring, transfers, "127.0.0.3", replies_min=5)
    assert 5 <= len(refused) <= 7 and set(refused) == {"REFUSED"}
    metrics = dotring.metrics()
    assert metrics.sum("dotring_replies_limited_total", reply="nxdomain", action="drop") == 50 - len(got)
    assert metrics.sum("dotring_replies_limited_total", reply="error", action="drop") == 50 - len(refused)


def test_all_workers_count_what_a_client_gets_together(stage):
    # Twenty at once, then one a second: each of four by itself would give eighty.
    options = {"rrl.replies": 1, "rrl.slip": 0, "rate.burst_ms": 20_000, "engine.workers": 4}
    dotring = Dotring(stage, options=options)
    with client.many_sockets(dotring.server, client.query(NAME).to_wire(), 200):
        wait_for(lambda: dotring.metrics().sum("dotring_queries_total") == 200, "all have come")
    assert 20 <= 200 - dotring.metrics().sum("dotring_replies_limited_total", reply="answer") < 70


@pytest.fixture
def silent(stage, authority):
    """An upstream that answers what begins with "a" and says nothing to all else."""
    return PythonUpstream(
        stage, authority, lambda asked: [address_answer(asked.message)] if asked.name.startswith("a") else []
    )


def waiting(dotring):
    return dotring.metrics().sum("dotring_queries_waiting")


def test_a_client_has_only_so_many_queries_in_flight_and_nobody_else_suffers(stage, authority):
    let_go = threading.Event()

    def answer(asked):
        if asked.name.startswith("x"):
            let_go.wait(client.TIMEOUT_S)
        return [address_answer(asked.message)]

    upstream = PythonUpstream(stage, authority, answer)
    options = {"query.client_in_flight_max": 10, "query.over_limit": "refuse", "upstream.timeout_ms": 30_000}
    dotring = Dotring(stage, [upstream], options=options)
    dotring.wait_until_up(upstream)
    assert fates(dotring, [client.query("known.example")], "127.0.0.9") == ["NOERROR"]
    with client.TcpClient(dotring.server) as tcp, udp_at(dotring, "127.0.0.1") as udp:
        tcp.send(*[client.query(f"x{index}.example") for index in range(6)])
        wait_for(lambda: waiting(dotring) == 6, "six wait")
        for index in range(6, 12):
            udp.send(client.query(f"x{index}.example").to_wire())
        shed = [client.rcode(client.received(udp)) for _ in range(2)]
        assert shed == ["REFUSED", "REFUSED"]
        assert waiting(dotring) == 10
        assert fates(dotring, [client.query("known.example")], "127.0.0.9") == ["NOERROR"]
        assert dotring.metrics().sum("dotring_queries_over_limit_total", limit="client") == 2
        assert dotring.metrics().sum("dotring_query_results_total", result="shed") == 2
        let_go.set()
        wait_for(lambda: waiting(dotring) == 0, "all are answered")
    again = [client.query(f"y{index}.example") for index in range(10)]
    assert fates(dotring, again, "127.0.0.1") == ["NOERROR"] * 10, "its places are free again"


def test_all_workers_count_what_a_client_waits_for_together(stage, silent):
    options = {**PATIENT, "query.client_in_flight_max": 10, "engine.workers": 2}
    dotring = Dotring(stage, [silent], options=options)
    with client.many_sockets(dotring.server, client.query("x.example").to_wire(), 100):
        wait_for(lambda: dotring.metrics().sum("dotring_queries_total") == 100, "all have come")
        over = lambda: dotring.metrics().sum("dotring_queries_over_limit_total", limit="client")  # noqa: E731
        wait_for(lambda: over() + waiting(dotring) == 100, "each waits or is one too many")
        # One who finds no place is counted while he looks, so that another may miss the last one.
        assert 7 <= waiting(dotring) <= 10


@pytest.mark.parametrize(
    "limits, which",
    [
        ({"query.in_flight_max": 3}, "clients"),
        ({"query.udp_in_flight_max": 3}, "clients"),
        ({"query.questions_max": 4}, "questions"),
        ({"query.clients_per_question_max": 3}, "question"),
    ],
)
def test_whatever_cannot_wait_is_counted_by_its_limit(stage, silent, limits, which):
    dotring = Dotring(stage, [silent], options={**PATIENT, **limits})
    one = which == "question"
    with udp_at(dotring, "127.0.0.1") as udp:
        for index in range(5):
            udp.send(client.query("x.example" if one else f"x{index}.example").to_wire())
        assert client.rcode(client.received(udp)) == "SERVFAIL"
        assert client.rcode(client.received(udp)) == "SERVFAIL"
        assert waiting(dotring) == 3
    assert dotring.metrics().sum("dotring_queries_over_limit_total", limit=which) == 2


def test_tcp_has_places_of_its_own(stage, silent):
    dotring = Dotring(stage, [silent], options={**PATIENT, "query.tcp_in_flight_max": 3})
    dotring.wait_until_up(silent)
    with client.TcpClient(dotring.server) as tcp:
        tcp.send(*[client.query(f"x{index}.example") for index in range(4)])
        assert client.rcode(tcp.receive()) == "SERVFAIL"
        assert waiting(dotring) == 3
        assert fates(dotring, [client.query("answered.example")]) == ["NOERROR"]


def test_the_minimal_answer_to_any_has_the_ttl_of_its_key(stage):
    reply = Dotring(stage, options={"query.any_ttl": 77}).ask("www.example", "ANY")
    assert client.ttl(reply) == 77 and len(reply.to_wire()) < 100


def test_its_memory_is_in_the_sum(stage):
    def told(options):
        line = Dotring(stage, options={**options, "rrl.table": "8MiB"}).process.wait_for_log("client_limits")
        return line

    assert "8912896" in told({"rrl.replies": 10, "query.client_in_flight_max": 10}).replace(",", "")
    status, output = run_once({"rrl.slip": "1001"}, "--check-config")
    assert status == 2 and "rrl.slip" in output
