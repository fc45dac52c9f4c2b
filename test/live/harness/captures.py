"""Captures as the tests need them, made in code: DNS messages in UDP or TCP, in IP, in Ethernet, in a pcap file."""

import ipaddress
import struct

import dns.flags
import dns.message
import dns.rrset

SERVER = "198.51.100.53"
START_S = 1_475_000_000


def ask(name, number, kind="A"):
    message = dns.message.make_query(name, kind)
    message.id = number
    return message


def answer(query, *records, rcode=0):
    """`records` are (name, ttl, kind, data)."""
    reply = dns.message.make_response(query, recursion_available=True)
    reply.flags |= dns.flags.RA
    reply.set_rcode(rcode)
    for name, ttl, kind, data in records:
        reply.answer.append(dns.rrset.from_text(name, ttl, "IN", kind, data))
    return reply


def _addresses(source, destination):
    return ipaddress.ip_address(source), ipaddress.ip_address(destination)


def ethernet(source, destination, protocol, payload):
    """An Ethernet frame with an IPv4 or IPv6 packet."""
    source, destination = _addresses(source, destination)
    if source.version == 6:
        header = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + source.packed + destination.packed
        return b"\2" * 12 + b"\x86\xdd" + header + payload
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    return b"\2" * 12 + b"\x08\0" + header + source.packed + destination.packed + payload


def udp(source, source_port, destination, port, message):
    octets = message if isinstance(message, bytes) else message.to_wire()
    datagram = struct.pack("!HHHH", source_port, port, 8 + len(octets), 0) + octets
    return ethernet(source, destination, 17, datagram)


def tcp(source, source_port, destination, port, sequence, octets, flags=0x10):
    segment = struct.pack("!HHIIBBHHH", source_port, port, sequence, 0, 5 << 4, flags, 1024, 0, 0)
    return ethernet(source, destination, 6, segment + octets)


def pcap(packets):
    """`packets` are (seconds after the start, octets)."""
    file = struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    for after_s, octets in packets:
        time_ns = START_S * 10**9 + round(after_s * 10**9)
        file += struct.pack("<IIII", time_ns // 10**9, time_ns % 10**9, len(octets), len(octets)) + octets
    return file
