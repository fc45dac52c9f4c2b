"""A flood from forged addresses beside one honest client with a cookie: the client loses nothing, and memory stays bounded.

The flood comes at a steady rate below what dotring can take, so that what this shows are dotring's own limits and not
the kernel's queue, which the honest client shares. DOTRING_FORGED makes it larger: addresses, and queries per second.
"""

import json
import os
import threading
import time

import dns.edns
import dns.flags
import pytest
from harness import client, two_networks
from harness.dotring import Dotring, Responder, program
from harness.residence import Residence

ADDRESSES, RATE = map(int, os.environ.get("DOTRING_FORGED", "60000,15000").split(","))
SECONDS = ADDRESSES // RATE
HONEST_RATE = 100

pytestmark = pytest.mark.skipif(not two_networks.possible(), reason="network namespaces need root")


class HonestClient:
    """A query every 10 ms, turn about a known name and one that nobody has asked for; none is asked twice."""

    def __init__(self, udp, server):
        udp.connect(server)
        udp.settimeout(client.TIMEOUT_S)
        self._udp = udp
        self._cookie = self._learn_cookie()
        self.sent = 0
        self.replies = {}
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)

    def _learn_cookie(self):
        self._udp.send(self._query("known.zone.example", 1, bytes(range(8))))
        reply = client.received(self._udp)
        return next(option.to_wire() for option in reply.options if option.otype == 10)

    @staticmethod
    def _query(name, number, cookie):
        options = [dns.edns.GenericOption(10, cookie)]
        return client.query(name, use_edns=0, options=options, id=number).to_wire()

    def ask_for(self, seconds):
        self._reader.start()
        due = time.monotonic()
        for number in range(seconds * HONEST_RATE):
            time.sleep(max(0, due - time.monotonic()))
            name = f"honest{number}.zone.example" if number % 2 else "known.zone.example"
            self._udp.send(self._query(name, number, self._cookie))
            self.sent += 1
            due += 1 / HONEST_RATE

    def _read(self):
        while len(self.replies) < self.sent or not self._ended:
            try:
                reply = client.received(self._udp)
            except TimeoutError:
                return
            self.replies[reply.id] = "TC" if reply.flags & dns.flags.TC else client.rcode(reply)

    def end(self):
        """Waits for what is still on its way."""
        self._ended = True
        self._reader.join(2 * client.TIMEOUT_S)


def test_an_honest_client_loses_nothing_beside_a_flood_and_memory_stays_in_its_bound(stage, authority):
    with two_networks.Network(stage) as network:
        upstream = Responder(stage, authority)
        options = {
            "access.allow": "10.0.0.0/8,127.0.0.0/8,192.0.2.0/24",
            "cache.memory": "8MiB",
            "rate.udp": 20,
            "rate.table": "64KiB",
            "rrl.replies": 5,
            "rrl.errors": 5,
            "rrl.table": "64KiB",
            "query.client_in_flight_max": 20,
        }
        dotring = Dotring(stage, [upstream], options, listen=(two_networks.INSIDE,))
        with network.udp_outside() as udp:
            honest = HonestClient(udp, (two_networks.INSIDE, dotring.port))
            frames = [network.mac_inside(), two_networks.INSIDE, dotring.port, ADDRESSES, RATE, SECONDS]
            flood = stage.start("spoof", [*network.within_outside, program("live_spoof"), "outside", *frames])
            honest.ask_for(SECONDS)
            assert flood.wait() == 0, flood.log()
            honest.end()
        metrics = dotring.metrics()
        said = json.loads(dotring.process.wait_for_log('"memory"'))["bytes_max"]
        got = metrics.sum("dotring_queries_total", transport="udp")
        residence = Residence(dotring.process)
        print(f"forged {flood.log().strip()}, queries {got:.0f}, honest {honest.sent}, resident {residence.most()}")
        assert got > 0.5 * ADDRESSES, "the flood arrived"
        # Where a socket holds little (net.core.rmem_max), a pause of dotring costs both of them some.
        lost = metrics.sum("dotring_udp_not_received_total")
        assert honest.sent - len(honest.replies) <= min(lost, honest.sent // 10)
        assert set(honest.replies.values()) == {"NOERROR"}
        assert not residence.counts() or residence.most() <= said
        dotring.end()
