"""What a TLS client says first, read by hand (RFC 8446, 4.1.2), so that it can be checked what it does not say."""

import struct

SERVER_NAME, ALPN, SESSION_TICKET, PRE_SHARED_KEY, EARLY_DATA, SUPPORTED_VERSIONS = 0, 16, 35, 41, 42, 43
RECORD_HEADER, HANDSHAKE_HEADER, RANDOM = 5, 4, 32


class ClientHello:
    def __init__(self, ciphers, extensions):
        self.ciphers = [pair[0] for pair in struct.iter_unpack("!H", ciphers)]
        self.server_name = _server_name(extensions.get(SERVER_NAME))
        self.alpn = [name.decode() for name in _items(extensions.get(ALPN, b"\0\0")[2:], "!B")]
        self.versions = [pair[0] for pair in struct.iter_unpack("!H", extensions.get(SUPPORTED_VERSIONS, b"\0")[1:])]
        # Of TLS 1.3, or of TLS 1.2 (RFC 5077, 3.2), where an empty one says only that it may be given.
        old_ticket = extensions.get(SESSION_TICKET)
        self.tickets = _identities(extensions.get(PRE_SHARED_KEY)) + ([old_ticket] if old_ticket else [])
        self.early_data = EARLY_DATA in extensions


def parse(octets):
    """`octets`: the first record of a connection, and whatever follows."""
    assert octets[0] == 22 and octets[RECORD_HEADER] == 1, "not a ClientHello"
    at = RECORD_HEADER + HANDSHAKE_HEADER + 2 + RANDOM
    before = []
    for form in ("!B", "!H", "!B"):  # session id, ciphers, compression methods
        (size,) = struct.unpack_from(form, octets, at)
        at += struct.calcsize(form) + size
        before.append(octets[at - size : at])
    end = at + 2 + struct.unpack_from("!H", octets, at)[0]
    assert end <= len(octets), "the ClientHello is cut"
    extensions = {}
    at += 2
    while at < end:
        kind, size = struct.unpack_from("!HH", octets, at)
        extensions[kind] = octets[at + 4 : at + 4 + size]
        at += 4 + size
    return ClientHello(before[1], extensions)


def _items(octets, form):
    at, head = 0, struct.calcsize(form)
    while at < len(octets):
        (size,) = struct.unpack_from(form, octets, at)
        yield octets[at + head : at + head + size]
        at += head + size


def _server_name(octets):
    return octets[5:].decode() if octets else None  # list size, type, name size


def _identities(octets):
    if not octets:
        return []
    end = 2 + struct.unpack_from("!H", octets)[0]
    tickets, at = [], 2
    while at < end:
        (size,) = struct.unpack_from("!H", octets, at)
        tickets.append(octets[at + 2 : at + 2 + size])
        at += 2 + size + 4  # its obfuscated age
    return tickets
