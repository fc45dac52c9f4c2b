"""What dotring writes about its clients: nothing."""

import json
import socket

import pytest
from harness import client
from harness.dotring import Dotring
from harness.upstream import PythonUpstream
from harness.waiting import wait_for

# An address of loopback that nothing else in a test has.
CLIENT = "127.7.7.7"


def lines_of(process):
    return [json.loads(line) for line in process.log().splitlines()]


def ask_all_ways(server, name):
    """Answers, errors, garbage, over UDP and TCP, from CLIENT."""
    messages = [client.query(name), client.query(name, "AXFR"), client.query(f"{name}.test")]
    octets = [*(message.to_wire() for message in messages), bytes(20), b"\xff" * 40]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((CLIENT, 0))
        udp.settimeout(client.TIMEOUT_S)
        udp.connect(server)
        for datagram in octets[:4]:
            udp.send(datagram)
            assert udp.recv(4096)[:2] == datagram[:2]
        udp.send(octets[4])  # a response: dropped
    with socket.create_connection(server, client.TIMEOUT_S, source_address=(CLIENT, 0)) as tcp:
        tcp.sendall(b"".join(map(client.framed, octets[:4])))
        tcp.shutdown(socket.SHUT_WR)
        while tcp.recv(4096):
            pass


def test_no_client_address_and_no_name_whatever_happens(stage, authority):
    upstream = PythonUpstream(stage, authority, lambda asked: [] if "fails" in asked.name else [b"\0" * 12])
    dotring = Dotring(stage, [upstream], {"upstream.timeout_ms": 300, "log.level": "debug"})
    for name in ("secret.zone.example", "secret-fails.zone.example"):
        ask_all_ways(dotring.server, name)
    assert client.rcode(dotring.ask("secret.zone.example")) == "SERVFAIL"
    assert dotring.stop() == 0
    assert lines_of(dotring.process)[-1]["event"] == "ended"
    assert CLIENT not in dotring.process.log() and "secret" not in dotring.process.log()


@pytest.mark.parametrize("names", [False, True])
def test_questions_that_failed_are_told_of_and_names_only_where_asked_for(stage, authority, names):
    upstream = PythonUpstream(stage, authority, lambda asked: [])
    options = {"upstream.timeout_ms": 300, "log.level": "debug", "log.names": str(names).lower()}
    dotring = Dotring(stage, [upstream], options)
    assert client.rcode(dotring.ask("secret.zone.example")) == "SERVFAIL"
    line = json.loads(dotring.process.wait_for_log("question_failed"))
    assert line["level"] == "debug" and line["clients"] == 1
    assert line.get("name") == ("secret.zone.example." if names else None)


def test_queries_do_not_make_lines(stage, authority):
    dotring = Dotring(stage, [PythonUpstream(stage, authority)], {"log.level": "debug"})
    assert dotring.ask("first.zone.example").answer
    before = len(lines_of(dotring.process))
    for index in range(200):
        assert dotring.ask(f"n{index}.zone.example").answer
    assert len(lines_of(dotring.process)) - before < 20


def test_so_many_lines_wait_for_whoever_writes_them(stage):
    """Bursts of lines, of which none would be lost by the default: 16 are soon overrun."""
    each = {"log.refused_clients": "true", "log.refused_clients_per_second": 10_000, "access.refuse": "127.0.0.0/8"}
    dotring = Dotring(stage, options={**each, "log.queue_lines_max": 16, "engine.workers": 1})

    def told():
        return dotring.process.log().count('"client_refused"')

    def lost():
        return dotring.metrics().sum("dotring_log_lines_dropped_total")

    def refused_in_vain():
        before = told() + lost()
        with client.TcpClient(dotring.server) as connection:
            connection.send(*[client.query("www.zone.example")] * 200)
            for _ in range(200):
                connection.skip()
        wait_for(lambda: told() + lost() >= before + 200, "all lines are written or lost")
        return lost()

    wait_for(refused_in_vain, "lines are lost")
