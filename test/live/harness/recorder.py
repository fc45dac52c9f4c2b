"""A DNS server over UDP that keeps what it was asked, octet by octet, and answers NOERROR without records.

Several recorders share one thread, so that the order in which they were asked is known.
"""

import selectors
import socket
import threading

HOST = "127.0.0.1"
QUERY_FLAGS = 2  # the octet with QR


class Recorders:
    """`ports` of as many servers; `asked`: (number of the server, who asked, octets) as they came."""

    def __init__(self, count=1):
        self.asked = []
        self._selector = selectors.DefaultSelector()
        self.ports = []
        for number in range(count):
            server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            server.bind((HOST, 0))
            self._selector.register(server, selectors.EVENT_READ, number)
            self.ports.append(server.getsockname()[1])
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def port(self):
        return self.ports[0]

    def queries(self, number=0):
        return [octets for server, _, octets in self.asked if server == number]

    def forget(self):
        self.asked = []

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                octets, peer = key.fileobj.recvfrom(65536)
                self.asked.append((key.data, peer, octets))
                answer = bytearray(octets)
                answer[QUERY_FLAGS] |= 0x80
                key.fileobj.sendto(answer, peer)
