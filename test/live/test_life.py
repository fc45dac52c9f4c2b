"""Start, end, configuration, what dotring says about itself; test_refusals.py: what keeps it from starting."""

import contextlib
import json
import os
import signal
import socket
import time

import pytest
from harness import client, debugger
from harness.dotring import PATIENT, Dotring, run_once
from harness.upstream import HoldingUpstream, PythonUpstream
from harness.waiting import let_pass, wait_for

HELD = "held.zone.example"
TO_CLOSE_S = 1  # more than streams have to close when nobody is owed an answer


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # closed while we connected
        pass
    return False


class TestEnd:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_what_is_in_flight_is_finished_first(self, stage, authority, number):
        upstream = HoldingUpstream(stage, authority, HELD)
        dotring = Dotring(stage, [upstream], {**PATIENT, "life.drain_ms": 60_000})
        message = client.query(HELD)
        with client.udp_socket(dotring.server) as udp, client.TcpClient(dotring.server) as tcp:
            udp.send(message.to_wire())
            tcp.send(message)
            dotring.process.wait_for(lambda: upstream.times_asked(HELD), "the question arrives upstream")
            dotring.ended_by_test = True
            dotring.process.signal(number)
            dotring.process.wait_for(lambda: refused(dotring.port), "no new connections")
            let_pass(TO_CLOSE_S)
            upstream.release()
            for reply in (client.received(udp), tcp.receive()):
                assert client.answered_id(reply) == message.id
        assert dotring.process.wait() == 0

    def test_the_drain_time_ends_it_whatever_waits(self, stage, authority):
        upstream = HoldingUpstream(stage, authority, HELD)
        dotring = Dotring(stage, [upstream], {**PATIENT, "life.drain_ms": 300})
        with client.udp_socket(dotring.server) as udp:
            udp.send(client.query(HELD).to_wire())
            dotring.process.wait_for(lambda: upstream.times_asked(HELD), "the question arrives upstream")
            started = time.monotonic()
            assert dotring.stop() == 0
        assert time.monotonic() - started < 4  # by the default it were more than 5

    def test_a_second_signal_ends_it_at_once(self, stage, authority):
        upstream = HoldingUpstream(stage, authority, HELD)
        dotring = Dotring(stage, [upstream], {**PATIENT, "life.drain_ms": 600_000})
        with client.udp_socket(dotring.server) as udp:
            udp.send(client.query(HELD).to_wire())
            dotring.process.wait_for(lambda: upstream.times_asked(HELD), "the question arrives upstream")
            dotring.ended_by_test = True
            dotring.process.signal(signal.SIGTERM)
            dotring.process.wait_for(lambda: refused(dotring.port), "no new connections")
            dotring.process.signal(signal.SIGTERM)
            assert dotring.process.wait() == 0

    def test_what_came_before_the_signal_is_answered_though_nobody_has_read_it(self, stage, authority):
        # One datagram per turn: all but a few are still with the kernel when the end begins.
        options = {"engine.workers": 1, "listen.udp_batch": 1, "listen.udp_rounds_per_turn_max": 1}
        dotring = Dotring(stage, [PythonUpstream(stage, authority)], options)
        dotring.ask("www.zone.example")
        messages = [client.query("www.zone.example", id=index + 1) for index in range(100)]
        with client.udp_socket(dotring.server) as udp:
            dotring.process.signal(signal.SIGSTOP)
            for message in messages:
                udp.send(message.to_wire())
            dotring.ended_by_test = True
            dotring.process.signal(signal.SIGTERM)
            dotring.process.signal(signal.SIGCONT)
            answered = {client.answered_id(client.received(udp)) for _ in messages}
        assert answered == {message.id for message in messages}
        assert dotring.process.wait() == 0

    def test_what_came_by_tcp_before_the_signal_is_answered_though_nobody_has_read_it(self, stage, authority):
        dotring = Dotring(stage, [PythonUpstream(stage, authority)], {"engine.workers": 1})
        dotring.ask("www.zone.example")
        messages = [client.query("www.zone.example", id=index + 1) for index in range(100)]
        with client.TcpClient(dotring.server) as early:
            early.send(messages[0])
            assert early.receive()
            dotring.process.signal(signal.SIGSTOP)
            with client.TcpClient(dotring.server) as late:
                # In one write: of many small ones the kernel keeps back what follows one that is not yet confirmed.
                for connection in (early, late):
                    connection.send(*messages)
                dotring.ended_by_test = True
                dotring.process.signal(signal.SIGTERM)
                dotring.process.signal(signal.SIGCONT)
                for connection in (early, late):
                    answered = {client.answered_id(connection.receive()) for _ in messages}
                    assert answered == {message.id for message in messages}
        assert dotring.process.wait() == 0

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can stop a thread")
    def test_who_is_found_together_with_the_end_is_answered(self, stage, authority):
        """A connection that nobody has accepted, what came by it, and the end, all in one turn of the loop."""
        dotring = Dotring(stage, [PythonUpstream(stage, authority)], {"engine.workers": 1})
        messages = [client.query("www.zone.example", id=index + 1) for index in range(100)]
        with contextlib.ExitStack() as stack:
            with debugger.stopped(debugger.thread_of(dotring.process.pid, "worker 0")):
                late = stack.enter_context(client.TcpClient(dotring.server))
                late.send(*messages)
                dotring.ended_by_test = True
                dotring.process.signal(signal.SIGTERM)
                dotring.process.wait_for_log('"draining"')
            assert {client.answered_id(late.receive()) for _ in messages} == {message.id for message in messages}
        assert dotring.process.wait() == 0

    def test_with_open_idle_connections_it_ends_too(self, stage, authority):
        dotring = Dotring(stage, [PythonUpstream(stage, authority)])
        with client.TcpClient(dotring.server) as connection:
            connection.send(client.query("www.zone.example"))
            assert connection.receive()
            assert dotring.stop() == 0

    def test_started_and_ended_at_once(self, stage, authority):
        for _ in range(5):
            assert Dotring(stage, [PythonUpstream(stage, authority)]).stop() == 0


class TestConfiguration:
    def test_the_command_line_outranks_the_environment_and_that_the_file(self, tmp_path):
        file = tmp_path / "dotring.toml"
        file.write_text("[cache]\nmemory = '10MiB'\nttl_min = 7\nttl_max = 70\n[upstream]\nconnections = 3\n")
        environment = {"DOTRING_CACHE_MEMORY": "20MiB", "DOTRING_CACHE_TTL_MIN": "8"}
        status, output = run_once(
            {"cache.memory": "30MiB"}, "--config", file, "--print-config", environment=environment
        )
        assert status == 0
        values = dict(line.split(" = ", 1) for line in output.splitlines() if " = " in line and line[0] != "#")
        assert "30MiB" in values["memory"]
        assert values["ttl_min"].startswith("8") and values["ttl_max"].startswith("70")
        assert values["connections"].startswith("3")

    def test_what_is_printed_can_be_read_again(self, tmp_path):
        _, printed = run_once({"cache.memory": "30MiB"}, "--print-config")
        file = tmp_path / "dotring.toml"
        file.write_text(printed)
        status, again = run_once({}, "--config", file, "--print-config")
        assert status == 0 and again == printed

    def test_check_config_and_version(self):
        assert run_once({}, "--check-config")[0] == 0
        assert run_once({"cache.memory": "lots"}, "--check-config")[0] == 2
        status, output = run_once({}, "--version")
        assert status == 0 and output.startswith("dotring ") and "wolfSSL" in output


class TestStart:
    @pytest.mark.parametrize("cores", [1, 2])
    def test_there_is_a_worker_for_each_core_that_it_may_use(self, stage, cores):
        allowed = sorted(os.sched_getaffinity(0))[:cores]
        if len(allowed) < cores:
            pytest.skip("there is a single core")
        prefix = ["taskset", "-c", ",".join(map(str, allowed))]
        dotring = Dotring(stage, options={"engine.workers": None}, prefix=prefix)
        assert json.loads(dotring.process.wait_for_log('"ready"'))["workers"] == cores

    def test_the_sum_of_memory_is_printed(self, stage, authority):
        dotring = Dotring(stage, [PythonUpstream(stage, authority)], {"cache.memory": "10MiB"})
        assert dotring.process.wait_for_log("bytes_max")


class TestPages:
    def test_healthz_and_readyz(self, stage, authority):
        dotring = Dotring(stage, [PythonUpstream(stage, authority)])
        assert dotring.page("/healthz")[0] == 200
        assert dotring.page("/readyz")[0] == 200
        assert dotring.page("/nothing")[0] == 404

    def test_metrics_count_what_happened(self, stage, authority):
        dotring = Dotring(stage, [PythonUpstream(stage, authority)])
        for _ in range(3):
            dotring.ask("www.zone.example")
        dotring.ask_tcp("other.zone.example")
        page = dotring.metrics()
        assert page.sum("dotring_queries_total", transport="udp") == 3
        assert page.sum("dotring_queries_total", transport="tcp") == 1
        assert page.sum("dotring_replies_total", rcode="NOERROR") == 4
        assert page.sum("dotring_query_results_total", result="hit") == 2
        assert page.sum("dotring_query_results_total", result="miss") == 2
        assert page.sum("dotring_upstream_handshakes_total") >= 1
        assert page.sum("dotring_upstream_queries_total") >= 2

    def test_log_lines_are_json(self, stage, authority):
        dotring = Dotring(stage, [PythonUpstream(stage, authority)])
        assert dotring.stop() == 0
        lines = dotring.process.log().splitlines()
        assert lines
        for line in lines:
            assert isinstance(json.loads(line), dict)


def test_an_idle_dotring_does_not_turn(stage, authority):
    dotring = Dotring(stage, [PythonUpstream(stage, authority)], {"engine.workers": 1})
    dotring.ask("www.zone.example")

    def turns():
        return dotring.metrics().sum("dotring_loop_turns_total")

    def quiet_second():
        before = turns()
        let_pass(1)
        return turns() - before <= 1

    # The loop wakes once in several seconds to show that it lives, and for what streams have to do.
    wait_for(quiet_second, "a second with hardly a turn")
