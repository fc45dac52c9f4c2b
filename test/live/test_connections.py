"""What a client's connection may carry, hold and last: each limit of listen.tcp_*, seen by the client.

Where two clocks must be compared, both are dotring's: what is to come later is armed later, by the same worker.
"""

import re

import pytest
from harness import client
from harness.dotring import PATIENT, Dotring, Responder
from harness.upstream import HoldingUpstream, PythonUpstream
from harness.waiting import wait_for

NAME = "localhost"  # dotring answers it itself


def start(stage, options, upstreams=()):
    """Whoever asked whether dotring is ready is gone."""
    dotring = Dotring(stage, upstreams, {"engine.workers": 1, **options})
    wait_for(lambda: dotring.metrics().sum("dotring_tcp_sessions") == 0, "no connections")
    return dotring


def closed(dotring, cause):
    return dotring.metrics().sum("dotring_tcp_closed_total", cause=cause)


def paused(dotring):
    return dotring.metrics().sum("dotring_tcp_paused_total")


class TestQueries:
    def test_above_so_many_in_flight_a_connection_is_not_read(self, stage, authority):
        """All come in one read; none of them is ever answered."""
        upstream = PythonUpstream(stage, authority, lambda asked: [])
        dotring = start(stage, {**PATIENT, "listen.tcp_queries_in_flight_max": 7}, [upstream])
        with client.TcpClient(dotring.server) as connection, client.TcpClient(dotring.server) as other:
            connection.send(*(client.query(f"n{index}.zone.example") for index in range(50)))
            wait_for(lambda: len(upstream.asked) >= 7, "the first of them are asked")
            other.send(client.query("other.zone.example"))
            wait_for(lambda: upstream.times_asked("other.zone.example"), "the one of another client is asked")
            assert len(upstream.asked) == 7 + 1
            assert dotring.metrics().sum("dotring_queries_total") == 7 + 1
            assert paused(dotring) == 1

    def test_after_so_many_a_connection_ends(self, stage):
        dotring = start(stage, {"listen.tcp_queries_max": 5})
        with client.TcpClient(dotring.server) as connection:
            connection.send(*(client.query(NAME, id=number + 1) for number in range(8)))
            assert [client.answered_id(connection.receive()) for _ in range(5)] == [1, 2, 3, 4, 5]
            assert connection.receive() is None
        wait_for(lambda: closed(dotring, "queries_max") == 1, "it is closed")


    def test_what_is_shorter_than_a_header_ends_its_connection(self, stage):
        dotring = start(stage, {})
        with client.TcpClient(dotring.server) as connection:
            connection.send(client.query(NAME, id=1), bytes(11), client.query(NAME, id=2))
            assert client.answered_id(connection.receive()) == 1
            assert connection.receive() is None
        wait_for(lambda: closed(dotring, "bad_frame") == 1, "it is closed")


class TestAnswersNotRead:
    def test_above_so_much_a_connection_is_not_read_for_a_while(self, stage):
        """Answers of one turn wait for its end: 200 of some 50 octets are too many."""
        dotring = start(stage, {"listen.tcp_output_pause": "2KiB"})
        with client.TcpClient(dotring.server) as connection:
            connection.send(*(client.query(NAME) for _ in range(200)))
            for _ in range(200):
                connection.skip()
        assert paused(dotring) == 1

    def test_above_so_much_its_connection_ends(self, stage, authority):
        """The answers of one read are 300 KB, which would not end it by the default."""
        upstream = Responder(stage, authority, "--default", "size=3000")
        dotring = start(stage, {"listen.tcp_send_queue_max": "128KiB"}, [upstream])
        message = client.query("www.zone.example", "TXT")
        assert dotring.ask_tcp("www.zone.example", "TXT").answer
        with client.TcpClient(dotring.server) as connection:
            connection.send(*(message for _ in range(100)))
            received = 0
            while connection.receive():
                received += 1
        assert 128 * 1024 / 4096 <= received < 128 * 1024 / 3000
        wait_for(lambda: closed(dotring, "slow_reader") == 1, "it is closed")


class TestTime:
    def test_a_connection_does_not_last_longer_however_busy(self, stage):
        dotring = start(stage, {"listen.tcp_lifetime_max_ms": 200, "listen.tcp_idle_timeout_ms": 60_000})
        with client.TcpClient(dotring.server) as connection:

            def ended():
                connection.send(client.query(NAME))
                return connection.receive() is None

            wait_for(ended, "the connection has lasted long enough")
        wait_for(lambda: closed(dotring, "lifetime") == 1, "it is closed")

    def test_who_waits_for_an_answer_is_not_idle(self, stage, authority):
        """Silent for longer than another client, whose time begins later."""
        upstream = HoldingUpstream(stage, authority, "www.zone.example")
        dotring = start(stage, {**PATIENT, "listen.tcp_idle_timeout_ms": 500}, [upstream])
        message = client.query("www.zone.example")
        with client.TcpClient(dotring.server) as waiting:
            waiting.send(message)
            wait_for(lambda: upstream.asked, "the question arrives upstream")
            with client.TcpClient(dotring.server) as silent:
                assert silent.receive() is None
            upstream.release()
            assert client.answered_id(waiting.receive()) == message.id
        wait_for(lambda: closed(dotring, "idle") == 1, "only the other one was idle")

    def test_what_is_in_flight_has_so_long_when_the_client_has_finished(self, stage, authority):
        """Eight times: by the default that were 80 seconds."""
        upstream = PythonUpstream(stage, authority, lambda asked: [])
        dotring = start(stage, {**PATIENT, "listen.tcp_finish_timeout_ms": 1}, [upstream])

        def finished():
            with client.TcpClient(dotring.server) as connection:
                connection.send(client.query("www.zone.example"))
                connection.socket.shutdown(client.socket.SHUT_WR)
                assert connection.receive() is None
            return closed(dotring, "client") >= 8  # each is counted a moment after the client sees its end

        wait_for(finished, "eight connections end without their answers")

    def test_a_client_has_so_long_to_close_its_side(self, stage):
        """Longer than a second connection may be silent, whose time begins later and is twice the default."""
        options = {"listen.tcp_linger_timeout_ms": 60_000, "listen.tcp_idle_timeout_ms": 1000}
        dotring = start(stage, {**options, "listen.tcp_queries_max": 1})
        with client.TcpClient(dotring.server) as connection:
            connection.send(client.query(NAME))
            assert connection.receive() and connection.receive() is None
            with client.TcpClient(dotring.server) as silent:
                assert silent.receive() is None
                assert dotring.metrics().sum("dotring_tcp_sessions") == 2
            wait_for(lambda: closed(dotring, "idle") == 1, "the silent one is gone")
        wait_for(lambda: closed(dotring, "queries_max") == 1, "the other one is gone as soon as it may")


@pytest.mark.parametrize("workers", [1, 2])
def test_so_many_connections_wait_in_the_kernel_for_each_worker(stage, workers):
    dotring = Dotring(stage, options={"engine.workers": workers, "listen.tcp_backlog": 17})
    text = client.run_tool("ss", "--no-header", "--tcp", "--listening", "--numeric", f"sport = :{dotring.port}")
    assert re.findall(r"LISTEN +\d+ +(\d+) ", text) == ["17"] * workers
