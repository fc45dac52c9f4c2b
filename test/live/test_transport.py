"""Clients' transports: pipelining, half messages, slow peers, limits, addresses."""

import random
import re
import select
import signal
import socket

import pytest
from harness import client, namespaces
from harness.dotring import Dotring, Responder
from harness.upstream import PythonUpstream
from harness.waiting import wait_for


@pytest.fixture
def upstream(stage, authority):
    return PythonUpstream(stage, authority)


def test_pipelined_questions_are_answered_out_of_order(stage, authority):
    responder = Responder(stage, authority, "--rule", "slow*:latency=1s")
    dotring = Dotring(stage, [responder])
    slow, fast = client.query("slow.zone.example"), client.query("fast.zone.example")
    with client.TcpClient(dotring.server) as connection:
        connection.send(slow, fast)
        assert client.answered_id(connection.receive()) == fast.id
        assert client.answered_id(connection.receive()) == slow.id


def test_many_pipelined_questions_are_all_answered(stage, upstream):
    dotring = Dotring(stage, [upstream])
    messages = [client.query(f"n{index % 100}.zone.example", id=index + 1) for index in range(2000)]
    with client.TcpClient(dotring.server) as connection:
        connection.send(*messages)
        answered = {client.answered_id(connection.receive()) for _ in messages}
    assert answered == {message.id for message in messages}


def test_a_message_may_come_octet_by_octet(stage, upstream):
    dotring = Dotring(stage, [upstream])
    message = client.query("www.zone.example")
    with client.TcpClient(dotring.server) as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in client.framed(message):
            connection.socket.send(bytes([octet]))
        assert client.answered_id(connection.receive()) == message.id


def test_the_answers_of_a_client_that_has_shut_its_side_still_come(stage, upstream):
    dotring = Dotring(stage, [upstream])
    message = client.query("www.zone.example")
    with client.TcpClient(dotring.server) as connection:
        connection.send(message)
        connection.socket.shutdown(socket.SHUT_WR)
        assert client.answered_id(connection.receive()) == message.id
        assert connection.receive() is None


def test_a_silent_connection_is_closed_and_a_message_that_never_ends_does_not_save_it(stage, upstream):
    dotring = Dotring(stage, [upstream], {"listen.tcp_idle_timeout_ms": 500})
    with client.TcpClient(dotring.server) as silent, client.TcpClient(dotring.server) as half:
        half.socket.sendall(b"\xff\xff")  # the length of what comes an octet at a time

        def closed():
            if select.select([half.socket], [], [], 0)[0]:
                return half.receive() is None
            half.socket.sendall(b"x")

        wait_for(closed, "it is closed")
        assert silent.receive() is None
    assert client.addresses(dotring.ask("www.zone.example"))


def test_a_client_that_reads_nothing_is_cut_off_and_hurts_nobody(stage, unbound):
    # That it says nothing is not what ends it.
    options = {"listen.tcp_send_timeout_ms": 500, "listen.tcp_idle_timeout_ms": 600_000, "engine.workers": 1}
    dotring = Dotring(stage, [unbound], options)
    assert dotring.ask_tcp("big.zone.example", "TXT").answer
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(0.2)
        slow.connect(dotring.server)
        message = client.framed(client.query("big.zone.example", "TXT")) * 100

        def sent_until_stuck():
            try:
                slow.sendall(message)
                return False
            except OSError:
                return True

        wait_for(sent_until_stuck, "dotring stops reading")
        assert client.addresses(dotring.ask("www.zone.example"))
        assert client.addresses(dotring.ask_tcp("www.zone.example"))
        wait_for(lambda: dotring.metrics().sum("dotring_tcp_sessions") == 0, "the slow client is cut off")
    assert dotring.metrics().sum("dotring_tcp_closed_total", cause="slow_reader") == 1


def test_connections_over_the_limit_of_a_client_are_closed(stage, upstream):
    options = {"listen.tcp_client_connections_max": 3, "engine.workers": 1}
    dotring = Dotring(stage, [upstream], options)
    # The connection that asked whether dotring is ready may still be counted.
    wait_for(lambda: dotring.metrics().sum("dotring_tcp_sessions") == 0, "no connections")
    connections = [client.TcpClient(dotring.server) for _ in range(3)]
    for connection in connections:
        connection.send(client.query("www.zone.example"))
        assert connection.receive()
    with client.TcpClient(dotring.server) as refused:
        with pytest.raises((ConnectionError, AssertionError)):
            refused.send(client.query("www.zone.example"))
            assert refused.receive() is not None
    assert dotring.metrics().sum("dotring_tcp_refused_total") >= 1
    for connection in connections:
        connection.close()


def test_a_stream_is_read_in_pieces_of_the_configured_size(stage, upstream):
    dotring = Dotring(stage, [upstream], {"engine.workers": 1, "engine.receive_buffer_size": "1KiB"})
    assert client.addresses(dotring.ask("www.zone.example"))
    octets = client.framed(client.query("www.zone.example")) * 240
    with client.TcpClient(dotring.server) as connection:
        connection.socket.sendall(octets)
        for _ in range(240):
            connection.skip()
    reads = dotring.metrics().sum("dotring_tcp_queries_per_read_count")
    assert reads >= len(octets) / 1024 > 7


def test_all_streams_of_a_worker_share_so_many_buffers(stage):
    """What came while dotring was stopped is read in portions of 8 KiB, which by the default were 256 KiB."""
    buffers = {"engine.receive_buffers": 8, "engine.receive_buffer_size": "1KiB"}
    dotring = Dotring(stage, options={"engine.workers": 1, **buffers})
    message = client.framed(client.query("localhost").to_wire() + bytes(40_000))  # a malformed one is answered too
    connections = [client.TcpClient(dotring.server) for _ in range(16)]
    for connection in connections:
        connection.send(client.query("localhost"))
        connection.skip()
    before = dotring.metrics().sum("dotring_loop_turns_total")
    dotring.process.signal(signal.SIGSTOP)
    for connection in connections:
        connection.socket.sendall(message)
    dotring.process.signal(signal.SIGCONT)
    for connection in connections:
        connection.skip()
        connection.close()
    turns = dotring.metrics().sum("dotring_loop_turns_total") - before
    assert turns >= 16 * 40_000 / 8192 > 78


def test_the_kernel_holds_as_much_for_a_socket_as_is_configured(stage):
    options = {"engine.workers": 2, "listen.udp_receive_buffer": "32KiB", "listen.udp_send_buffer": "16KiB"}
    dotring = Dotring(stage, options=options)
    memory = client.run_tool("ss", "--no-header", "--udp", "--all", "--numeric", "--memory", f"sport = :{dotring.port}")
    # Twice of what it is told: its own records are counted too (socket(7)).
    assert re.findall(r"rb(\d+),t\d+,tb(\d+)", memory) == [("65536", "32768")] * 2


def test_replies_that_leave_in_a_run_arrive_one_by_one(stage, upstream):
    """What comes from one socket while dotring stands still is answered in one turn; names differ in length."""
    dotring = Dotring(stage, [upstream], options={"engine.workers": 1})
    names = [f"{'n' * (1 + index // 8)}{index % 8}.zone.example" for index in range(24)]
    for name in names:
        dotring.ask(name)
    messages = {index: client.query(name, id=index) for index, name in enumerate(names)}
    with client.udp_socket(dotring.server) as udp:
        dotring.process.signal(signal.SIGSTOP)
        for message in messages.values():
            udp.send(message.to_wire())
        dotring.process.signal(signal.SIGCONT)
        for _ in range(len(names)):
            reply = client.received(udp)
            assert messages.pop(reply.id).question == reply.question and reply.answer
    assert not messages

    def in_runs():
        return dotring.metrics().sum("dotring_udp_datagrams_in_runs_total")

    # They are counted behind the replies.
    dotring.process.wait_for(lambda: in_runs() > len(names) / 2, "most of them left in runs")


def test_the_reply_leaves_from_the_address_that_was_asked(stage, upstream):
    dotring = Dotring(stage, [upstream], listen=["0.0.0.0"])
    for host in ("127.0.0.1", "127.0.0.2", "127.1.2.3"):
        # A connected socket takes datagrams from the address it asked and from no other.
        assert client.addresses(client.ask_udp((host, dotring.port), client.query("www.zone.example")))
        assert client.addresses(client.ask_tcp((host, dotring.port), client.query("www.zone.example")))


def test_from_an_ipv6_address_too(stage):
    """Loopback has a single one, from which every reply would leave anyway: this needs a network with several."""
    addresses = ("fd00::1", "fd00::2", "fd00::3")
    more = " && ".join(f"ip address add {address}/128 dev lo nodad" for address in addresses)
    prefix = namespaces.prefix("net", f"ip link set lo up && {more}")
    dotring = Dotring(stage, listen=["::"], prefix=prefix, wait=False)
    dotring.process.wait_for_log("ready")
    for host in addresses[1:]:
        dig = ["dig", f"@{host}", "-b", addresses[0], "-p", dotring.port, "+timeout=10", "+tries=1", "+short"]
        asked = [*namespaces.inside(dotring.process, prefix), *dig, "localhost", "AAAA"]
        for transport in ("+notcp", "+tcp"):
            assert client.run_tool(*map(str, asked), transport) == "::1\n"


def test_random_octets_are_answered_or_dropped_by_rule(stage, upstream):
    dotring = Dotring(stage, [upstream], {"engine.workers": 1})
    draw = random.Random(1)
    with client.udp_socket(dotring.server) as flood:
        datagrams = [draw.randbytes(draw.randrange(0, 600)) for _ in range(5000)]
        client.send_unlost(flood, dotring.server, datagrams)
    with client.TcpClient(dotring.server) as flood:
        flood.socket.settimeout(5)
        try:
            flood.socket.sendall(draw.randbytes(100_000))
        except OSError:
            pass  # dotring may have ended the connection
    assert client.addresses(dotring.ask("www.zone.example"))

    def all_ended():
        """How many queries came, when each of them has its end."""
        page = dotring.metrics()
        came = page.sum("dotring_queries_total")
        return came == page.sum("dotring_queries_dropped_total") + page.sum("dotring_replies_total") and came

    assert dotring.process.wait_for(all_ended, "each query was answered or dropped") > 1000
