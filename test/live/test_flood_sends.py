"""What dotring-flood sends, octet by octet, to whom and from where; and what it shows on a terminal."""

import json
import os
import re
import socket
import subprocess
import threading

import dns.flags
import dns.message
import pytest
from harness import client_hello
from harness.dotring import ENVIRONMENT, program
from harness.recorder import HOST, Recorders
from harness.terminal import shown_on_a_terminal


def command(port, *options):
    return [program("dotring-flood"), "-s", HOST, "-p", str(port), *map(str, options)]


def run(port, *options, **more):
    done = subprocess.run(
        command(port, *options), capture_output=True, text=True, timeout=60, env=dict(os.environ, **ENVIRONMENT), **more
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def recorder():
    return Recorders()


def sent(recorder, *options, count=1):
    """The octets of all queries of one run, in their order."""
    recorder.forget()
    report = json.loads(run(recorder.port, "--json", "--count", count, *options).splitlines()[-1])
    assert report["received"]["responses"] == len(recorder.queries()) == count
    return recorder.queries()


@pytest.mark.parametrize(
    "options",
    [
        ("-q", 1, "--type", "A:2,AAAA:1,MX:1", "--unseen", 0.2),
        ("-Q", 2000, "--names", 500, "--zipf", 1, "-D", "-E", "65001:00ff", "--cookie"),
    ],
)
def test_the_same_seed_sends_the_same_octets(recorder, options):
    first, again, other = (sent(recorder, *options, "--seed", seed, count=100) for seed in (5, 5, 6))
    assert first == again != other
    # Ids, names, types and cookies: nothing of another seed comes again.
    assert len(set(first)) == 100 and not {octets[:2] + octets[12:] for octets in first} & {
        octets[:2] + octets[12:] for octets in other
    }


@pytest.mark.parametrize(
    "options, size, dnssec_ok, edns_options",
    [
        ((), None, False, []),
        (("-e",), 1232, False, []),
        (("--edns-size", 4096), 4096, False, []),
        (("-D",), 1232, True, []),
        (("-E", "65001:00ff", "-E", "3:"), 1232, False, [(65001, b"\0\xff"), (3, b"")]),
    ],
)
def test_edns_is_as_asked(recorder, options, size, dnssec_ok, edns_options):
    query = dns.message.from_wire(sent(recorder, *options)[0])
    assert query.flags == dns.flags.RD and len(query.question) == 1
    assert (query.payload if query.edns == 0 else None) == size
    assert bool(query.ednsflags & dns.flags.DO) == dnssec_ok
    assert [(option.otype, option.to_wire()) for option in query.options] == edns_options


def test_flags_are_as_asked(recorder):
    query = dns.message.from_wire(sent(recorder, "--no-recursion", "--checking-disabled")[0])
    assert query.flags == dns.flags.CD


def test_each_client_asks_from_its_own_address_and_port(recorder):
    def askers(*options):
        sent(recorder, "-c", 3, "-q", 3, *options, count=9)
        return {peer for _, peer, _ in recorder.asked}

    assert {address for address, _ in askers("--source-net", "127.8.0.0/16")} == {f"127.8.0.{i}" for i in (1, 2, 3)}
    assert {address for address, _ in askers("-a", "127.8.0.9")} == {"127.8.0.9"}
    alike = askers()
    assert len(alike) == 3 and {address for address, _ in alike} == {HOST}


def test_two_servers_are_asked_the_same_in_turns():
    recorders = Recorders(2)
    versus = ("--versus", f"{HOST}:{recorders.ports[1]}")
    run(recorders.port, "-Q", 400, "-l", 0.5, *versus)
    assert recorders.queries(0) == recorders.queries(1) and len(recorders.queries()) == 200
    # One after the other would leave the second one out of the first half.
    first_half = [number for number, _, _ in recorders.asked[:200]]
    assert min(first_half.count(0), first_half.count(1)) >= 50
    table = run(recorders.port, "--steps", "200:0.2,400:0.2", *versus).splitlines()
    rows = [(int(line.split()[0]), line.split()[-1]) for line in table[1:5]]
    assert rows == [(rate, f"{HOST}:{port}") for rate in (200, 400) for port in recorders.ports]
    assert all(float(line.split()[1]) > 100 for line in table[1:5]), table


def test_no_more_are_in_flight_than_asked_for():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        port = silent.getsockname()[1]
        report = json.loads(run(port, "--json", "-q", 7, "-c", 2, "-l", 0.1, "-t", 0.5).splitlines()[-1])
    assert report["sent"]["queries"] == report["timeouts"] == 7


def test_the_name_of_the_server_is_sent_to_it():
    with socket.create_server((HOST, 0)) as server:
        hellos = []

        def serve():
            connection, _ = server.accept()
            hellos.append(client_hello.parse(connection.recv(65536)))
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        subprocess.run(command(port, "-m", "dot", "--tls-name", "dns.example", "--insecure", "--count", 1),
                       capture_output=True, timeout=60, env=dict(os.environ, **ENVIRONMENT))  # fmt: skip
        thread.join()
    assert hellos[0].server_name == "dns.example"


def test_a_line_lives_on_a_terminal_and_is_gone_at_the_end(recorder):
    text, output = shown_on_a_terminal(command(recorder.port, "-Q", 500, "-l", 0.5, "-S", 0.1), ENVIRONMENT)
    line = r"\r\x1b\[K +\d s  sent \d+/s  answered \d+/s  lost 0\.00%  p50 \d+\.\d+ ms  p99 \d+\.\d+ ms"
    assert len(re.findall(line, text)) >= 3 and text.endswith("\r\x1b[K")
    assert "Queries completed:    250 (100.00%)" in output and "\x1b" not in output


def test_a_search_that_the_generator_ends_says_so(recorder):
    # Room for a few answers only: when more come at a time, it is the generator that loses them.
    options = ("--search", "-Q", 100, "-l", 0.1, "-t", 0.3, "-b", 1, "--search-p99", 1000)
    last = json.loads(run(recorder.port, "--json", *options).splitlines()[-1])
    assert last["generator_limited"] and any("bottleneck of the search" in remark for remark in last["remarks"])
