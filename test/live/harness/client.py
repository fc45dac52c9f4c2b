"""Clients of the tests: dnspython for exact messages, kdig and dig as real ones."""

import contextlib
import socket
import struct
import subprocess

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

TIMEOUT_S = 15
NO_REACHABLE_AUTHORITY, NETWORK_ERROR = 22, 23  # RFC 8914


def query(name, kind="A", **options):
    """A query with RD; `options` as dns.message.make_query (use_edns, payload, want_dnssec, options...)."""
    return dns.message.make_query(name, kind, **options)


def ask_udp(server, message, timeout_s=TIMEOUT_S):
    """`server` is (address, port); the parsed reply, also when it is truncated."""
    return dns.query.udp(message, server[0], timeout_s, server[1], ignore_unexpected=True)


def ask_tcp(server, message, timeout_s=TIMEOUT_S):
    return dns.query.tcp(message, server[0], timeout_s, server[1])


def exchange_udp(server, octets, timeout_s=TIMEOUT_S):
    """Raw octets out, raw octets back."""
    with udp_socket(server, timeout_s) as client:
        client.send(octets)
        return client.recv(65535)


@contextlib.contextmanager
def udp_socket(server, timeout_s=TIMEOUT_S):
    with socket.socket(_family(server), socket.SOCK_DGRAM) as client:
        client.settimeout(timeout_s)
        client.connect(server)
        yield client


def send_unlost(udp, server, messages):
    """To a server of one worker. Where the kernel allows little (net.core.rmem_max) a socket holds some 500 datagrams:
    after fewer of them follows a query, whose answer says that all before it were taken."""
    for first in range(0, len(messages), 64):
        for message in messages[first : first + 64]:
            udp.send(message)
        ask_udp(server, query("localhost"))


@contextlib.contextmanager
def many_sockets(server, octets, count, source="127.0.0.2"):
    """The same datagram from as many sockets of one address: the kernel spreads them over all workers."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            client.bind((source, 0))
            client.sendto(octets, server)
        yield


class TcpClient:
    """One connection on which a test sends and receives whole messages in any order."""

    def __init__(self, server, timeout_s=TIMEOUT_S):
        self.socket = socket.create_connection(server, timeout_s)
        self._file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()
        self.socket.close()

    def send(self, *messages):
        """All of them in one write."""
        self.socket.sendall(b"".join(framed(message) for message in messages))

    def receive(self):
        """The next message, or None when the server closed in order."""
        head = self._file.read(2)
        if not head:
            return None
        (size,) = struct.unpack("!H", head)
        return dns.message.from_wire(self._file.read(size))

    def skip(self):
        """The next message is there, whatever it says."""
        (size,) = struct.unpack("!H", self._file.read(2))
        assert len(self._file.read(size)) == size


def framed(message):
    octets = message if isinstance(message, bytes) else message.to_wire()
    return struct.pack("!H", len(octets)) + octets


def _family(server):
    return socket.AF_INET6 if ":" in server[0] else socket.AF_INET


def run_tool(*command):
    """Standard output of kdig or dig; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * TIMEOUT_S)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def kdig(server, *arguments):
    return run_tool("kdig", f"@{server[0]}", "-p", str(server[1]), "+timeout=10", "+retry=0", *arguments)


def dig(server, *arguments):
    return run_tool("dig", f"@{server[0]}", "-p", str(server[1]), "+timeout=10", "+tries=1", *arguments)


def addresses(reply):
    """The data of all A and AAAA records of the answer section, as text."""
    wanted = (dns.rdatatype.A, dns.rdatatype.AAAA)
    return sorted(item.to_text() for rrset in reply.answer if rrset.rdtype in wanted for item in rrset)


def answered_id(reply):
    """Its id where it has an answer; None where it has none: a SERVFAIL has the right id too."""
    return reply.id if rcode(reply) == "NOERROR" and reply.answer else None


def received(udp):
    """The next reply that comes to a UDP socket."""
    return dns.message.from_wire(udp.recv(65535))


def ttl(reply):
    return reply.answer[0].ttl


def rcode(reply):
    return dns.rcode.to_text(reply.rcode())


def extended_errors(reply):
    """Info codes of the extended errors (RFC 8914) in the reply."""
    return [int(option.code) for option in reply.options if option.otype == 15]


def unanswered(reply):
    """SERVFAIL because no upstream gave an answer, and it says so."""
    return rcode(reply) == "SERVFAIL" and extended_errors(reply)[0] in (NO_REACHABLE_AUTHORITY, NETWORK_ERROR)
