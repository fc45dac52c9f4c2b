"""dotring with everything taken that its limits allow: its memory is what it said, and others are still answered."""

import contextlib
import json
import socket

import pytest
from harness import client
from harness.dotring import Dotring, Responder
from harness.residence import Residence
from harness.waiting import wait_for

WAITING_MAX = 4096
CONNECTIONS_MAX = 400
LIMITS = {
    "cache.memory": "1MiB",
    "engine.workers": 1,
    "listen.tcp_connections_max": CONNECTIONS_MAX,
    "listen.tcp_client_connections_max": 100,
    "listen.tcp_memory": "16MiB",
    "query.in_flight_max": WAITING_MAX,
    "query.udp_in_flight_max": WAITING_MAX,
    "query.questions_max": 2 * WAITING_MAX,  # forged addresses get three quarters of them
    "upstream.questions_max": 2 * WAITING_MAX,
    "upstream.stream_queries_max": 1024,
    "upstream.timeout_ms": 60_000,
    "life.drain_ms": 100,
}


@pytest.fixture
def dotring(stage, authority):
    upstream = Responder(stage, authority, "--rule", "silent*:drop", "--rule", "big*:size=20000")
    dotring = Dotring(stage, [upstream], LIMITS)
    assert dotring.ask_tcp("big.zone.example", "TXT").answer
    assert client.addresses(dotring.ask("known.zone.example"))
    return dotring


def numbered(prefix, count):
    """Messages that differ in id and name, quickly made."""
    octets = client.query(f"{prefix}00000.zone.example", id=1).to_wire()
    at = octets.index(b"00000")
    return [
        (index % 65536).to_bytes(2, "big") + octets[2:at] + b"%05d" % index + octets[at + 5 :] for index in range(count)
    ]


def take_connections(dotring, stack):
    """As many as there may be, from as few addresses as may have them; each asks for much and reads nothing."""
    wanted = client.framed(client.query("big.zone.example", "TXT")) * 40
    for index in range(CONNECTIONS_MAX - 10):
        connection = stack.enter_context(socket.socket())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.bind((f"127.1.0.{1 + index // 98}", 0))
        connection.connect(dotring.server)
        connection.sendall(wanted)
    wait_for(lambda: paused_or_ended(dotring) >= CONNECTIONS_MAX // 2, "readers are too slow")


def paused_or_ended(dotring):
    page = dotring.metrics()
    return page.sum("dotring_tcp_paused_total") + page.sum("dotring_tcp_closed_total", cause="memory_short")


def take_waiting_places(dotring, stack):
    """Twice as many questions as there are places, to an upstream that says nothing."""
    with client.udp_socket(dotring.server) as udp:
        client.send_unlost(udp, dotring.server, numbered("silent", 2 * WAITING_MAX))
    wait_for(lambda: dotring.metrics().sum("dotring_query_results_total", result="shed") > 0, "queries are shed")
    assert dotring.metrics().sum("dotring_queries_waiting") == WAITING_MAX


def ask_for_names(dotring, count):
    """Names that nobody asked for before, whatever becomes of them."""
    messages = [client.framed(message) for message in numbered("random", count)]
    with client.TcpClient(dotring.server) as connection:
        for first in range(0, count, 200):
            connection.socket.sendall(b"".join(messages[first : first + 200]))
            for _ in range(200):
                connection.skip()


def test_with_all_limits_reached_memory_is_what_was_said_and_others_are_answered(stage, dotring):
    residence = Residence(dotring.process)
    ask_for_names(dotring, 20_000)
    assert dotring.metrics().sum("dotring_cache_removals_total", reason="eviction") > 0
    with contextlib.ExitStack() as stack:
        take_connections(dotring, stack)
        take_waiting_places(dotring, stack)
        # Others, while all of it is taken.
        assert client.addresses(dotring.ask("known.zone.example"))
        assert client.addresses(dotring.ask_tcp("known.zone.example"))
        assert client.rcode(dotring.ask("silent.zone.example")) == "SERVFAIL"
    said = json.loads(dotring.process.wait_for_log('"memory"'))["bytes_max"]
    assert not residence.counts() or residence.most() <= said


def test_a_client_with_too_many_connections_is_refused_and_counted_and_no_other(dotring):
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            connection = stack.enter_context(client.TcpClient(dotring.server))
            connection.send(client.query("known.zone.example"))
            assert connection.receive()
        one_more = stack.enter_context(client.TcpClient(dotring.server))
        wait_for(lambda: dotring.metrics().sum("dotring_tcp_refused_total", reason="client") == 1, "refused")
        assert one_more.receive() is None
        other = stack.enter_context(socket.socket())
        other.bind(("127.1.0.1", 0))
        other.settimeout(client.TIMEOUT_S)
        other.connect(dotring.server)
        other.sendall(client.framed(client.query("known.zone.example")))
        assert other.recv(2)
