"""A DoT server in the test's own hands: it remembers what it was asked and answers as the test says.

It is independent of dotring's code (Python's ssl, dnspython), so what dotring puts on the wire is judged by others.
"""

import contextlib
import socket
import ssl
import struct
import threading

import dns.message
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from harness.servers import AUTH_NAME, HOST, TlsServer


class Asked:
    """One query as it came."""

    def __init__(self, wire, connection):
        self.wire = wire
        self.message = dns.message.from_wire(wire)
        self.connection = connection

    @property
    def name(self):
        return self.message.question[0].name.to_text(omit_final_dot=True).lower()

    @property
    def options(self):
        """EDNS option codes, in order."""
        return [int(option.otype) for option in self.message.options]


class Connection:
    """What is known about the TLS connection that a query came on."""

    def __init__(self, number, stream, server_name, hello):
        self.number = number
        self.hello = hello  # the octets of the first flight, for client_hello.parse()
        self.alpn = stream.selected_alpn_protocol()
        self.tls_version = stream.version()
        self.resumed = stream.session_reused
        self.server_name = server_name


class Close(Exception):
    """Raised by an answer function: the connection ends in order."""


class Reset(Exception):
    """Raised by an answer function: the connection is broken off."""


class PeerClosed(Exception):
    """dotring ended the connection."""


def address_answer(message, address="192.0.2.1", ttl=300):
    """NOERROR with one A record."""
    reply = dns.message.make_response(message, recursion_available=True)
    question = message.question[0]
    reply.answer.append(dns.rrset.from_text(question.name, ttl, dns.rdataclass.IN, dns.rdatatype.A, address))
    return reply


class PythonUpstream(TlsServer):
    """`answer(asked)` gives the messages (or their octets) to send, none for silence; by default an address."""

    def __init__(self, stage, authority, answer=None, certificate=None, tls_max=None, name=AUTH_NAME, port=0):
        self._answer = answer or (lambda asked: [address_answer(asked.message)])
        self._lock = threading.Lock()
        self._streams = []
        self._server_names = {}
        self.asked = []
        self.connections = []
        self._context = self._make_context(certificate or authority.issue(name, HOST), tls_max)
        self._listener = socket.create_server((HOST, port), backlog=128)
        super().__init__(authority, self._listener.getsockname()[1], name)
        threading.Thread(target=self._accept, daemon=True).start()
        stage.at_end(self.close)

    def _make_context(self, certificate, tls_max):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        context.set_alpn_protocols(["dot"])
        context.sni_callback = lambda stream, name, _: self._server_names.__setitem__(stream.fileno(), name)
        if tls_max:
            context.maximum_version = tls_max
        return context

    def accept_only(self, oldest, newest, ciphers=None):
        """TLS versions and, for 1.2, ciphers. Before anybody connects."""
        self._context.set_ciphers(f"{ciphers or 'ALL'}:@SECLEVEL=0")
        self._context.minimum_version, self._context.maximum_version = oldest, newest

    def give_tickets(self, count):
        """So many with each handshake of TLS 1.3 from now on."""
        self._context.num_tickets = count

    def times_asked(self, name):
        with self._lock:
            return sum(asked.name == name for asked in self.asked)

    def close(self):
        """Nobody can connect any more, and what is open ends."""
        # shutdown() wakes the thread that accepts; close() alone would not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for stream in self._streams:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(stream, socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        try:
            plain.settimeout(60)
            hello = plain.recv(65536, socket.MSG_PEEK)
            stream = self._context.wrap_socket(plain, server_side=True)
        except OSError:
            plain.close()
            return
        with self._lock:
            name = self._server_names.get(stream.fileno())
            connection = Connection(len(self.connections), stream, name, hello)
            self.connections.append(connection)
            self._streams.append(stream)
        try:
            self._talk(stream, connection)
        except Reset:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except Close:
            stream.settimeout(5)
            with contextlib.suppress(OSError):
                stream.unwrap()  # says so to the peer, and waits for its word
        except (PeerClosed, OSError):
            pass
        finally:
            with self._lock:
                self._streams.remove(stream)
            stream.close()

    def _talk(self, stream, connection):
        while True:
            size = _read(stream, 2)
            asked = Asked(_read(stream, struct.unpack("!H", size)[0]), connection)
            with self._lock:
                self.asked.append(asked)
            for message in self._answer(asked):
                octets = message if isinstance(message, bytes) else message.to_wire()
                stream.sendall(struct.pack("!H", len(octets)) + octets)


class HoldingUpstream(PythonUpstream):
    """Answers these names only after release(), all others at once; what comes on a stream that waits waits too."""

    def __init__(self, stage, authority, *names):
        self._held = names
        self._released = threading.Event()
        super().__init__(stage, authority, self._when_released)
        stage.at_end(self._released.set)

    def _when_released(self, asked):
        if asked.name in self._held:
            self._released.wait()
        return [address_answer(asked.message)]

    def release(self):
        self._released.set()


def _read(stream, size):
    octets = b""
    while len(octets) < size:
        more = stream.recv(size - len(octets))
        if not more:
            raise PeerClosed
        octets += more
    return octets
