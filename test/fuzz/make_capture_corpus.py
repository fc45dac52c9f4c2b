#!/usr/bin/env python3
"""Writes the hand-made seeds of fuzz_capture and fuzz_packet: test/fuzz/corpus/TARGET/NAME.

As make_corpus.py, for captures: every format, link type and fault has a seed.
"""

import gzip
import lzma
import struct

from make_corpus import QUERIES, frame, write

QUERY = QUERIES["plain"]
OPT_QUERY = QUERIES["opt"]
ANSWER = QUERY[:2] + b"\x81\x80" + QUERY[4:]
CLIENT, SERVER = b"\xc0\0\2\7", b"\xc6\x33\x64\x35"
CLIENT6, SERVER6 = b"\x20\1\r\xb8" + b"\0" * 11 + b"\7", b"\x20\1\r\xb8" + b"\0" * 11 + b"\x35"


def udp(message, source=40000, destination=53):
    return struct.pack("!HHHH", source, destination, 8 + len(message), 0) + message


def tcp(sequence, octets, flags=0x10, source=40000, destination=53):
    return struct.pack("!HHIIBBHHH", source, destination, sequence, 0, 5 << 4, flags, 1024, 0, 0) + octets


def ipv4(payload, protocol=17, number=1, fragment=0, options=b""):
    size = 20 + len(options)
    head = struct.pack("!BBHHHBBH", 0x40 | size // 4, 0, size + len(payload), number, fragment, 64, protocol, 0)
    return head + CLIENT + SERVER + options + payload


def ipv6(payload, protocol=17):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + CLIENT6 + SERVER6 + payload


def fragment6(payload, offset, more, protocol=17):
    return ipv6(struct.pack("!BBHI", protocol, 0, offset | more, 7) + payload, 44)


def ethernet(payload, kind=0x0800, tags=()):
    return b"\2" * 12 + b"".join(struct.pack("!HH", tag, 1) for tag in tags) + struct.pack("!H", kind) + payload


def pcap(packets, order="<", magic=0xA1B2C3D4, link=1):
    file = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65535, link)
    for number, octets in enumerate(packets):
        file += struct.pack(order + "IIII", 1000 + number, 5, len(octets), len(octets)) + octets
    return file


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link, options=b""):
    return block(order, 1, struct.pack(order + "HHI", link, 0, 0) + options)


def enhanced(order, number, octets):
    return block(order, 6, struct.pack(order + "IIIII", number, 1, 2, len(octets), len(octets)) + octets)


def pcapng(order):
    clock = struct.pack(order + "HHB3xHHQ", 9, 1, 9, 14, 8, 5)
    return (
        section(order)
        + interface(order, 1)
        + interface(order, 101, clock)
        + enhanced(order, 0, ethernet(ipv4(udp(QUERY))))
        + block(order, 5, b"\0" * 12)
        + enhanced(order, 1, ipv6(udp(QUERY)))
        + block(order, 3, struct.pack(order + "I", len(QUERY)) + QUERY)
        + block(order, 2, struct.pack(order + "HHIIII", 0, 0, 1, 2, len(QUERY), len(QUERY)) + QUERY)
    )


CONVERSATION = [ethernet(ipv4(udp(QUERY))), ethernet(ipv4(udp(ANSWER, 53, 40000))), ethernet(b"\0" * 28, 0x0806)]
SMALL = pcap(CONVERSATION)

FILES = {
    "pcap": SMALL,
    "pcap_big_endian": pcap(CONVERSATION, ">"),
    "pcap_nanoseconds": pcap(CONVERSATION, "<", 0xA1B23C4D),
    "pcap_big_nanoseconds": pcap(CONVERSATION, ">", 0xA1B23C4D),
    "pcap_raw": pcap([ipv4(udp(QUERY))], link=101),
    "pcap_cut_off": SMALL[:-3],
    "pcap_gigabyte": SMALL + struct.pack("<IIII", 1, 1, 1 << 30, 1 << 30),
    "pcapng": pcapng("<"),
    "pcapng_big_endian": pcapng(">"),
    "pcapng_two_sections": pcapng("<") + pcapng(">"),
    "pcapng_cut_off": pcapng("<")[:-9],
    "pcapng_gigabyte": pcapng("<") + struct.pack("<II", 6, 1 << 30),
    "gzip": gzip.compress(SMALL, mtime=0),
    "gzip_twice": gzip.compress(SMALL[:50], mtime=0) + gzip.compress(SMALL[50:], mtime=0),
    "gzip_cut_off": gzip.compress(SMALL, mtime=0)[:-12],
    "xz": lzma.compress(SMALL),
    "xz_cut_off": lzma.compress(SMALL)[:-20],
    "zstd_raw_block": b"\x28\xb5\x2f\xfd\x20" + bytes([40]) + struct.pack("<I", 40 << 3 | 1)[:3] + SMALL[:40],
    "lz4_head": b"\x04\x22\x4d\x18\x40\x40\xc0" + struct.pack("<I", 1 << 31 | 40) + SMALL[:40] + b"\0\0\0\0",
}


def run(link, *packets):
    """The form of fuzz_packet.cc; a packet is octets, or (octets, cut off by, after)."""
    octets = struct.pack("!H", link)
    for packet in packets:
        content, cut_off, after = packet if isinstance(packet, tuple) else (packet, 0, 1)
        octets += struct.pack("!HBB", len(content), cut_off, after) + content
    return octets


FRAMES = frame(QUERY) + frame(OPT_QUERY)
LONG = udp(QUERY + b"x" * 80)

PACKETS = {
    "ethernet": run(0, *CONVERSATION),
    "tags": run(0, ethernet(ipv4(udp(QUERY)), 0x0800, (0x88A8, 0x8100, 0x9100))),
    "snap": run(0, ethernet(b"\xaa\xaa\3\0\0\0\x08\0" + ipv4(udp(QUERY)), 90)),
    "cooked": run(1, b"\0" * 14 + b"\x08\0" + ipv4(udp(QUERY))),
    "cooked_2": run(2, b"\x86\xdd" + b"\0" * 18 + ipv6(udp(QUERY))),
    "raw": run(3, ipv4(udp(QUERY)), ipv6(udp(QUERY))),
    "null": run(8, b"\2\0\0\0" + ipv4(udp(QUERY)), b"\0\0\0\x1e" + ipv6(udp(QUERY))),
    "unknown_link": run(147, ipv4(udp(QUERY))),
    "options": run(6, ipv4(udp(QUERY), options=b"\1" * 40)),
    "extensions": run(7, ipv6(b"\x2b\0" + b"\0" * 6 + b"\x11\1" + b"\0" * 14 + udp(QUERY), 0)),
    "fragments": run(6, ipv4(LONG[:48], fragment=0x2000), ipv4(LONG[88:], fragment=11), ipv4(LONG[48:88], fragment=0x2006)),
    "fragments_overlap": run(6, ipv4(LONG[:48], fragment=0x2000), ipv4(LONG[40:88], fragment=0x2005)),
    "fragments_many": run(6, *(ipv4(LONG[:48], 17, number, 0x2000) for number in range(6))),
    "fragments_6": run(7, fragment6(LONG[64:], 64, 0), fragment6(LONG[:64], 0, 1)),
    "fragment_6_whole": run(7, fragment6(udp(QUERY), 0, 0)),
    "cut_off": run(6, (ipv4(udp(QUERY))[:40], 20, 0)),
    "tcp": run(6, ipv4(tcp(999, b"", 2), 6), ipv4(tcp(1000, FRAMES), 6), ipv4(tcp(1000 + len(FRAMES), b"", 1), 6)),
    "tcp_split": run(6, ipv4(tcp(999, b"", 2), 6), ipv4(tcp(1000, FRAMES[:1]), 6), ipv4(tcp(1001, FRAMES[1:50]), 6),
                     ipv4(tcp(1050, FRAMES[50:]), 6)),
    "tcp_disorder": run(6, ipv4(tcp(999, b"", 2), 6), ipv4(tcp(1040, FRAMES[40:]), 6), ipv4(tcp(1000, FRAMES[:45]), 6),
                        ipv4(tcp(1000, FRAMES[:45]), 6)),
    "tcp_middle": run(6, ipv4(tcp(995, b"abcde"), 6), ipv4(tcp(1000, FRAMES), 6)),
    "tcp_hole": run(6, ipv4(tcp(999, b"", 2), 6), ipv4(tcp(1000, FRAMES[:9]), 6), ipv4(tcp(2000, FRAMES), 6),
                    (ipv4(tcp(3000, FRAMES), 6), 0, 90)),
    "tcp_reset": run(6, ipv4(tcp(999, b"", 2), 6), ipv4(tcp(1000, FRAMES[:9]), 6), ipv4(tcp(1009, b"", 4), 6)),
    "tcp_many": run(6, *(ipv4(tcp(1000, FRAMES[:30], source=port), 6) for port in range(6))),
    "tcp_no_message": run(6, ipv4(tcp(999, b"", 2), 6), ipv4(tcp(1000, frame(b"abc")), 6)),
}  # fmt: skip

if __name__ == "__main__":
    write("fuzz_capture", FILES)
    write("fuzz_packet", PACKETS)
