"""dotring-replay against dotring-responder: what is sent, when, to whom, and what is said of the answers."""

import bz2
import gzip
import json
import lzma
import os
import re
import signal
import socket
import subprocess
import threading

import pytest
from harness import captures, servers
from harness.captures import SERVER, answer, ask, pcap, tcp, udp
from harness.client import framed
from harness.dotring import ENVIRONMENT, Responder, program
from harness.ports import free_port
from harness.terminal import shown_on_a_terminal

CLIENTS = ["192.0.2.1", "192.0.2.2", "2001:db8::3"]


def command(*arguments):
    return [program("dotring-replay"), *map(str, arguments)]


def run(*arguments, **options):
    """(status, standard output, standard error)."""
    done = subprocess.run(
        command(*arguments), capture_output=True, timeout=60, env=dict(os.environ, **ENVIRONMENT), **options
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def replay(*arguments):
    status, out, err = run("--json", *arguments)
    assert status == 0 and err == "", err
    return json.loads(out)


def conversation(count, gap_s=0.01, name="name{}.example"):
    """Queries of three clients, the last one over IPv6, each answered NXDOMAIN after a millisecond."""
    packets = []
    for i in range(count):
        client = CLIENTS[i % 3]
        server = "2001:db8::53" if ":" in client else SERVER
        query = ask(name.format(i), i)
        packets.append((i * gap_s, udp(client, 4000 + i, server, 53, query)))
        packets.append((i * gap_s + 0.001, udp(server, 53, client, 4000 + i, answer(query, rcode=3))))
    return packets


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def write(folder, octets, name="test.pcap"):
    path = folder / name
    path.write_bytes(octets)
    return path


def test_every_query_is_sent_answered_and_compared(stage, authority, folder):
    responder = Responder(stage, authority)
    path = write(folder, pcap(conversation(60, 0.001)))
    report = replay(path, "-p", responder.plain_port)
    assert report["capture"]["queries"] == 60 and report["capture"]["clients"] == 3
    assert report["capture"]["answers_matched"] == 60
    server = report["servers"][0]
    assert server["sent"] == server["answered"] == server["rcodes"]["NOERROR"] == 60
    assert report["timing"]["sockets"] == 3
    comparison = report["comparison"]
    assert comparison["different"] == comparison["rcode"] == comparison["answer"] == 60
    assert comparison["rcodes"] == [{"left": "NXDOMAIN", "right": "NOERROR", "count": 60}]
    assert len(comparison["examples"]) == 10
    assert "rcode: recorded NXDOMAIN, got NOERROR" in comparison["examples"][0]


def test_the_same_rcode_is_no_difference(stage, authority, folder):
    responder = Responder(stage, authority, "--default", "rcode=nxdomain")
    report = replay(write(folder, pcap(conversation(30, 0.001))), "-p", responder.plain_port)
    assert report["comparison"]["rcode"] == 0
    assert report["comparison"]["rcodes"] == [{"left": "NXDOMAIN", "right": "NXDOMAIN", "count": 30}]


def test_the_same_twice_has_no_differences(stage, authority, folder):
    one, other = Responder(stage, authority), Responder(stage, authority)
    path = write(folder, pcap(conversation(60, 0.001)))
    report = replay(path, "-p", one.plain_port, "--versus", f"{servers.HOST}:{other.plain_port}", "--fast")
    assert report["comparison"]["same"] == 60 and report["comparison"]["different"] == 0
    assert [server["answered"] for server in report["servers"]] == [60, 60]


def test_two_servers_that_differ(stage, authority, folder):
    one = Responder(stage, authority)
    other = Responder(stage, authority, "--rule", "name7.*:rcode=servfail")
    path = write(folder, pcap(conversation(60, 0.001)))
    report = replay(path, "-p", one.plain_port, "--versus", f"{servers.HOST}:{other.plain_port}")
    assert report["comparison"]["different"] == report["comparison"]["rcode"] == 1
    assert "rcode: there SERVFAIL, here NOERROR" in report["comparison"]["examples"][0]


def test_none_is_told_apart(stage, authority, folder):
    responder = Responder(stage, authority, "--rule", "name0.*:drop")
    packets = conversation(3)
    del packets[3]  # the second query has no recorded answer
    path = write(folder, pcap(packets))
    report = replay(path, "-p", responder.plain_port, "-t", 0.3)
    comparison = report["comparison"]
    assert comparison["none_left"] == comparison["none_right"] == 1
    assert report["servers"][0]["timeouts"] == 1
    status, out, _ = run(path, "-p", responder.plain_port, "-t", 0.3)
    assert status == 0
    assert "recorded NXDOMAIN, got none" in out and "recorded none, got NOERROR" in out


@pytest.mark.parametrize("factor, seconds", [(1, 1.0), (4, 0.25)])
def test_recorded_timing_times_a_factor(stage, authority, folder, factor, seconds):
    responder = Responder(stage, authority)
    path = write(folder, pcap(conversation(101, 0.01)))
    report = replay(path, "-p", responder.plain_port, "-f", factor)
    assert report["timing"]["duration_us"] >= seconds * 1e6
    assert report["timing"]["lateness_us"]["count"] == 101
    # Never early: what is late is counted and told.
    assert report["timing"]["drift_us"] >= 0


def test_what_drifts_is_told_and_sent_all_the_same(stage, authority, folder):
    """Nobody sends 50 million queries a second: each is late, and none is left out."""
    responder = Responder(stage, authority)
    path = write(folder, pcap(conversation(300, 0)))
    status, out, err = run(path, "-p", responder.plain_port, "-Q", 50_000_000, "-m", "tcp")
    assert status == 0 and err == "" and re.search(r"answered +300 \(100\.00 %\)", out), out
    assert float(re.search(r"drift at the last query \(ms\) +(\S+)", out)[1]) > 0
    assert re.search(r"sent late \(ms\) +p50 \S+ .*max 0*[.0]*[1-9]", out), out


def test_a_line_lives_on_a_terminal_and_is_gone_at_the_end(stage, authority, folder):
    responder = Responder(stage, authority)
    path = write(folder, pcap(conversation(3, 0.8)))
    shown, output = shown_on_a_terminal(command(path, "-p", responder.plain_port), ENVIRONMENT)
    assert re.search(r"\r\x1b\[K\d sent, \d answered, 0 lost, \d+/s, late p99 \d+\.\d+ ms", shown), shown
    assert shown.endswith("\r\x1b[K") and "queries sent" in output and "\x1b" not in output


def test_a_constant_rate(stage, authority, folder):
    responder = Responder(stage, authority)
    path = write(folder, pcap(conversation(101, 0)))
    report = replay(path, "-p", responder.plain_port, "-Q", 200)
    assert report["timing"]["duration_us"] >= 500_000
    assert report["servers"][0]["answered"] == 101


def test_loops_by_one_socket_for_each_port(stage, authority, folder):
    responder = Responder(stage, authority)
    path = write(folder, pcap(conversation(9)))
    report = replay(path, "-p", responder.plain_port, "--fast", "--loops", 50, "--clients-by-port")
    assert report["servers"][0]["answered"] == 450
    assert report["capture"]["clients"] == report["timing"]["sockets"] == 9
    assert report["capture"]["packets"] == 18  # of one loop
    assert report["comparison"]["different"] == 450


def tcp_conversation():
    """Two queries in one segment, a third one over two that are out of order, one over UDP besides."""
    octets = b"".join(framed(ask(f"name{i}.example", i)) for i in range(3))
    first, second, third = octets[: 2 * len(octets) // 3], octets[2 * len(octets) // 3 : -9], octets[-9:]
    at = [1000, 1000 + len(first), 1000 + len(first) + len(second)]
    client = ("192.0.2.9", 4000, SERVER, 53)
    return [
        (0, tcp(*client, 999, b"", 2)),
        (0.01, tcp(*client, at[0], first)),
        (0.02, tcp(*client, at[2], third)),
        (0.03, tcp(*client, at[1], second)),
        (0.04, udp("192.0.2.9", 4001, SERVER, 53, ask("udp.example", 9))),
    ]


@pytest.mark.parametrize("mode, sockets", [("recorded", 2), ("udp", 1), ("tcp", 1), ("dot", 1)])
def test_transports(stage, authority, folder, mode, sockets):
    responder = Responder(stage, authority)
    path = write(folder, pcap(tcp_conversation()))
    dot = ("--tls-name", responder.name, "--ca-file", authority.path)
    port = responder.port if mode == "dot" else responder.plain_port
    report = replay(path, "-p", port, "-m", mode, *(dot if mode == "dot" else ()))
    assert report["capture"]["queries_tcp"] == 3 and report["capture"]["queries_udp"] == 1
    assert report["servers"][0]["answered"] == 4
    assert report["timing"]["sockets"] == sockets
    assert report["comparison"]["none_left"] == 4


def test_the_wrong_name_gets_no_query(stage, authority, folder):
    responder = Responder(stage, authority)
    path = write(folder, pcap(tcp_conversation()))
    options = ("-p", responder.port, "-m", "dot", "--tls-name", "other.test", "--ca-file", authority.path)
    status, out, err = run(path, "--json", *options)
    assert status == 1 and len(err.splitlines()) == 1 and "another name" in err
    report = json.loads(out)
    assert report["servers"][0]["connection_ended"] == 4 and report["servers"][0]["answered"] == 0


def test_a_server_that_is_gone_does_not_end_the_run(folder):
    path = write(folder, pcap(tcp_conversation()))
    status, out, err = run(path, "--json", "-p", free_port(), "-t", 0.2)
    assert status == 1 and "refused" in err
    server = json.loads(out)["servers"][0]
    assert server["sent"] == server["lost"] == 4


def test_an_address_that_is_not_ours_sends_nothing(folder):
    path = write(folder, pcap(conversation(5)))
    status, out, err = run(path, "--json", "-p", free_port(), "-a", "198.51.100.0/24")
    assert status == 1 and len(err.splitlines()) == 1 and "bind" in err
    report = json.loads(out)
    assert report["timing"]["not_sent"] == 5 and report["servers"][0]["sent"] == 0


def test_each_client_asks_from_an_address_of_its_own(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((servers.HOST, 0))
        path = write(folder, pcap(conversation(6, 0)))
        run(path, "-p", server.getsockname()[1], "-a", "127.9.0.0/16", "-t", 0.05)
        server.settimeout(10)
        askers = [server.recvfrom(4096)[1][0] for _ in range(6)]
    assert sorted(set(askers)) == ["127.9.0.1", "127.9.0.2", "127.9.0.3"]


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_compressed_files(stage, authority, folder, pack):
    responder = Responder(stage, authority)
    path = write(folder, pack(pcap(conversation(30, 0.001))))
    assert replay(path, "-p", responder.plain_port)["servers"][0]["answered"] == 30


def test_a_pipe(stage, authority):
    responder = Responder(stage, authority)
    status, out, err = run("--json", "-", "-p", responder.plain_port, input=gzip.compress(pcap(conversation(30))))
    assert status == 0, err
    assert json.loads(out)["servers"][0]["answered"] == 30


def test_a_file_that_is_cut_off_is_replayed_as_far_as_it_goes(stage, authority, folder):
    responder = Responder(stage, authority)
    octets = pcap(conversation(30, 0.001))
    for wrong in (octets[:-7], octets + b"\xff" * 16, gzip.compress(octets)[:-30]):
        status, out, err = run(write(folder, wrong), "--json", "-p", responder.plain_port)
        assert status == 0 and len(err.splitlines()) == 1
        report = json.loads(out)
        assert report["capture"]["failure"] and report["servers"][0]["answered"] >= 20


def test_the_account_adds_up(folder):
    arp = b"\2" * 12 + b"\x08\x06" + b"\0" * 28
    packets = conversation(5) + [
        (1, arp),
        (1, udp("192.0.2.1", 1, SERVER, 123, b"\0" * 48)),
        (1, udp("192.0.2.1", 1, SERVER, 53, b"short")),
        (1, captures.ethernet("192.0.2.1", SERVER, 1, b"\0" * 8)),
    ]
    report = replay(write(folder, pcap(packets)), "--read-only")
    fates = report["capture"]["packets_by_fate"]
    assert sum(fates.values()) == report["capture"]["packets"] == 14
    assert fates["queries"] == fates["answers"] == 5
    assert fates["not_ip"] == fates["other_port"] == fates["not_dns"] == fates["other_protocol"] == 1
    assert "servers" not in report


def test_an_interrupt_ends_the_run_with_its_report(stage, authority, folder):
    responder = Responder(stage, authority, "--log-queries")
    path = write(folder, pcap(conversation(3, 1000)))
    process = subprocess.Popen(
        command(path, "--json", "-p", responder.plain_port), stdout=subprocess.PIPE, env=dict(os.environ, **ENVIRONMENT)
    )
    responder.process.wait_for_log('"query"')
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    report = json.loads(out)
    assert report["timing"]["interrupted"] and report["servers"][0]["sent"] == 1


def test_what_is_no_capture_is_one_line_and_status_1(folder):
    for octets in (b"", b"text " * 100, bz2.compress(b"x")):
        status, out, err = run(write(folder, octets))
        assert status == 1 and out == "" and len(err.splitlines()) == 1
    status, _, err = run(folder / "missing")
    assert status == 1 and "No such file" in err


def test_wrong_arguments_are_status_2(folder):
    path = write(folder, pcap(conversation(1)))
    wrong = [
        (), (path, "-m", "quic"), (path, "-s", "nonsense"), (path, "-f", 2, "-Q", 5), (path, "--versus", "x"),
        (path, "--fast", "-f", 2), ("-", "--loops", 2), (path, "-a", "1.2.3"),
    ]  # fmt: skip
    for arguments in wrong:
        status, out, err = run(*arguments)
        assert status == 2 and err, arguments


def test_a_slow_server_does_not_hold_up_what_is_due(stage, authority, folder):
    """Each query is sent when it is due, though none before it was answered."""
    responder = Responder(stage, authority, "--default", "latency=600ms")
    path = write(folder, pcap(conversation(51, 0.01)))
    report = replay(path, "-p", responder.plain_port)
    assert report["servers"][0]["answered"] == 51
    assert report["servers"][0]["latency_from_due_us"]["p50"] >= 580_000
    assert report["timing"]["duration_us"] < 51 * 600_000


def test_answers_of_strangers_are_told_apart(folder):
    """A server that answers twice, and once with the wrong id."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((servers.HOST, 0))
        path = write(folder, pcap(conversation(2)))

        def serve():
            for _ in range(2):
                octets, client = server.recvfrom(4096)
                good = octets[:2] + bytes([octets[2] | 0x80]) + octets[3:]
                for reply in (bytes([octets[0] ^ 0x55]) + good[1:], good, good):
                    server.sendto(reply, client)

        thread = threading.Thread(target=serve)
        thread.start()
        report = replay(path, "-p", server.getsockname()[1])
        thread.join()
    server_report = report["servers"][0]
    assert server_report["answered"] == 2
    # What comes after the last answer is not waited for.
    assert server_report["unexpected"] == 2 and server_report["duplicates"] >= 1
