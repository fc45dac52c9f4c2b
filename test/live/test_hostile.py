"""Random and mutated queries, by UDP and by TCP in ways that no client would send them: dotring goes on answering.

Under a sanitizer (scripts/test --sanitize) this is where a crash, a leak or undefined behaviour shows itself.
DOTRING_HOSTILE makes it larger: datagrams, and TCP connections of a few messages each.
"""

import itertools
import os
import statistics
import subprocess

import pytest
from harness import client
from harness.dotring import Dotring, Responder, program
from harness.residence import Residence
from harness.waiting import wait_for

DATAGRAMS, CONNECTIONS = map(int, os.environ.get("DOTRING_HOSTILE", "20000,1000").split(","))
SEED = 20_250_301
FLOODS = 5  # equal ones, after a first that touches whatever a flood touches
GROWTH_MAX = 256 << 10  # 13 octets for each of 20,000 datagrams

EVERYTHING = {
    "rate.udp": 1_000_000,
    "rate.proven": 1_000_000,
    "rrl.replies": 100_000,
    "rrl.errors": 100_000,
    "rrl.slip": 1,
    "query.client_in_flight_max": 10_000,
    "cache.memory": "2MiB",
    "upstream.timeout_ms": 1000,
    "listen.tcp_idle_timeout_ms": 1000,
}


def send(dotring, way, count):
    command = [program("live_hostile"), way, dotring.server[0], dotring.port, count, SEED]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    print(way, done.stdout.strip())


@pytest.fixture
def dotring(stage, authority):
    upstream = Responder(stage, authority, "--rule", "x*:loss=20%")
    return Dotring(stage, [upstream], EVERYTHING)


def check_well(dotring):
    """It answers by both ways and from upstream, and owes nobody anything."""
    wait_for(lambda: dotring.metrics().sum("dotring_queries_waiting") == 0, "nobody waits")
    wait_for(lambda: dotring.metrics().sum("dotring_tcp_sessions") == 0, "no connection is left")
    assert client.addresses(dotring.ask("localhost"))
    assert client.addresses(dotring.ask_tcp("after.example"))


def test_a_flood_of_mutated_datagrams(dotring):
    send(dotring, "udp", DATAGRAMS)
    check_well(dotring)
    metrics = dotring.metrics()
    for rcode in ("FORMERR", "NOTIMP", "BADVERS", "REFUSED", "NOERROR"):
        assert metrics.sum("dotring_replies_total", rcode=rcode) > 0, rcode
    assert metrics.sum("dotring_queries_dropped_total", reason="unanswerable") > 0
    asked = metrics.sum("dotring_queries_total", transport="udp")
    assert asked >= 0.9 * DATAGRAMS, "they arrived"


def test_connections_that_break_every_rule(dotring):
    send(dotring, "tcp", CONNECTIONS)
    check_well(dotring)
    metrics = dotring.metrics()
    for cause in ("client", "reset", "bad_frame"):
        assert metrics.sum("dotring_tcp_closed_total", cause=cause) > 0, cause


@pytest.mark.parametrize("way, count", [("udp", DATAGRAMS), ("tcp", CONNECTIONS)])
def test_what_a_flood_leaves_behind_does_not_grow_with_equal_ones(dotring, way, count):
    residence = Residence(dotring.process)
    if not residence.counts():
        pytest.skip("a sanitizer looks for leaks itself, and keeps what is freed")
    sizes = []
    for _ in range(1 + FLOODS):
        send(dotring, way, count)
        check_well(dotring)
        sizes.append(residence.own())
    # The median: the allocator takes half a megabyte at a time, and once gives back what the start has needed.
    growth = statistics.median(after - before for before, after in itertools.pairwise(sizes))
    assert growth <= GROWTH_MAX, sizes
