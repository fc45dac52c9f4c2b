#!/usr/bin/env python3
"""Writes the hand-made seeds of the fuzz corpora: test/fuzz/corpus/TARGET/NAME.

Each seed stands for one rule of the wire format, kept or broken. What fuzzing finds is added next to them by
`scripts/fuzz`, under the name that libFuzzer gave it.
"""

import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
QR, TC, RD, RA, AD, CD = 0x8000, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
A, NS, CNAME, SOA, MX, TXT, AAAA, OPT, ANY = 1, 2, 5, 6, 15, 16, 28, 41, 255
AT_QUESTION = b"\xc0\x0c"


def name(text):
    labels = [label for label in text.encode().split(b".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(owner, rtype, ttl, rdata, rclass=1):
    return owner + struct.pack("!HHIH", rtype, rclass, ttl, len(rdata)) + rdata


def option(code, data):
    return struct.pack("!HH", code, len(data)) + data


def opt(options=b"", size=1232, ttl=0):
    return record(b"\0", OPT, ttl, options, size)


def question(text="www.example.com", qtype=A, qclass=1):
    wire = text if isinstance(text, bytes) else name(text)
    return wire + struct.pack("!HH", qtype, qclass)


def message(flags, questions=(), answers=(), authorities=(), additionals=()):
    sections = (questions, answers, authorities, additionals)
    header = struct.pack("!HHHHHH", 0x1234, flags, *(len(section) for section in sections))
    return header + b"".join(b"".join(section) for section in sections)


def frame(content):
    return struct.pack("!H", len(content)) + content


LONGEST = b"\x01a" * 127 + b"\0"
SOA_RDATA = name("ns.example.com") + name("mail.example.com") + struct.pack("!5I", 1, 2, 3, 4, 900)

QUERIES = {
    "plain": message(RD, [question()]),
    "root": message(RD, [question(".", NS)]),
    "mixed_case": message(RD | CD, [question("WwW.eXaMpLe.CoM", AAAA)]),
    "longest_name": message(RD, [question(LONGEST)]),
    "name_of_256": message(RD, [question(b"\x01a" + LONGEST)]),
    "label_of_63": message(RD, [question("x" * 63)]),
    "label_of_64": message(RD, [question(b"\x40" + b"x" * 64 + b"\0")]),
    "opt": message(RD, [question()], (), (), [opt()]),
    "opt_do_4096": message(RD | AD, [question()], (), (), [opt(b"", 4096, 0x8000)]),
    "opt_size_0": message(RD, [question()], (), (), [opt(b"", 0)]),
    "opt_version_1": message(RD, [question()], (), (), [opt(b"\1\2\3", 1232, 0x10000)]),
    "two_opts": message(RD, [question()], (), (), [opt(), opt()]),
    "opt_with_owner": message(RD, [question()], (), (), [record(name("x"), OPT, 0, b"")]),
    "opt_not_last": message(RD, [question()], (), (), [opt(), record(name("k"), 250, 0, b"xyz")]),
    "cookie_8": message(RD, [question()], (), (), [opt(option(10, b"c" * 8))]),
    "cookie_24": message(RD, [question()], (), (), [opt(option(10, b"c" * 24))]),
    "cookie_9": message(RD, [question()], (), (), [opt(option(10, b"c" * 9))]),
    "keepalive": message(RD, [question()], (), (), [opt(option(11, b""))]),
    "keepalive_1": message(RD, [question()], (), (), [opt(option(11, b"1"))]),
    "subnet": message(RD, [question()], (), (), [opt(option(8, b"\0\1\x18\0\xc0\0\2"))]),
    "subnet_bits": message(RD, [question()], (), (), [opt(option(8, b"\0\1\x14\0\xc0\0\xff"))]),
    "padding": message(RD, [question()], (), (), [opt(option(12, b"\0" * 80))]),
    "option_cut": message(RD, [question()], (), (), [opt(option(12, b"\0" * 9)[:-1])]),
    "many_options": message(
        RD, [question()], (), (),
        [opt(option(65001, b"x") + option(15, b"\0\3") + option(10, b"c" * 8) + option(12, b""))]),
    "no_question": message(RD),
    "two_questions": message(RD, [question("a"), question("b")], (), (), [opt()]),
    "compressed_question": message(RD, [question(AT_QUESTION)]),
    "answer_in_query": message(RD, [question()], [record(AT_QUESTION, A, 1, b"\1\2\3\4")]),
    "ixfr": message(0, [question("z", 251)], (), [record(AT_QUESTION, SOA, 0, SOA_RDATA)]),
    "any": message(RD, [question("example.com", ANY)]),
    "any_class": message(RD, [question("example.com", ANY, 255)]),
    "iquery": message(0x0800, (), [record(b"\0", A, 1, b"\1\2\3\4")]),
    "notify": message(0x2000, [question("example.com", SOA)]),
    "update": message(0x2800, [question("example.com", SOA)], (), [record(name("a"), A, 1, b"")]),
    "response": message(QR, [question()]),
    "trailing": message(RD, [question()]) + b"\0",
    "header_only": message(RD, [question()])[:12],
    "eleven_octets": message(RD, [question()])[:11],
    "cut_in_name": message(RD, [question()])[:20],
    "cut_in_opt": message(RD, [question()], (), (), [opt()])[:-3],
    "counts_too_high": message(RD, [question()])[:6] + b"\xff" * 6 + question(),
}

ADDRESS = record(AT_QUESTION, A, 300, b"\xc0\0\2\1")
AUTHORITY_SOA = record(name("example.com"), SOA, 3600, SOA_RDATA)


def answer(records=(), authorities=(), additionals=(), flags=QR | RD | RA, asked=None):
    return message(flags, [asked or question()], records, authorities, additionals)


ANSWERS = {
    "address": answer([ADDRESS]),
    "address_opt": answer([ADDRESS], (), [opt()]),
    "cname_chain": answer([
        record(AT_QUESTION, CNAME, 60, b"\1b\xc0\x10"),
        record(b"\1b\xc0\x10", A, 30, b"\xc0\0\2\2"),
    ]),
    "no_data": answer((), [AUTHORITY_SOA]),
    "nxdomain": answer((), [AUTHORITY_SOA], [opt()], QR | RD | RA | 3),
    "no_soa": answer(),
    "servfail": answer(flags=QR | RD | RA | 2),
    "truncated": answer(flags=QR | TC | RD | RA),
    "bad_cookie": answer((), (), [opt(b"", 1232, 0x01000000)], QR | 7),
    "extended_error": answer((), (), [opt(option(15, b"\0\x16no route"))], QR | RD | RA | 2),
    "keepalive": answer([ADDRESS], (), [opt(option(11, b"\0\x64"))]),
    "opt_not_last": answer([ADDRESS], (), [opt(), record(AT_QUESTION, AAAA, 9, b"\1" * 16)]),
    "opt_in_the_middle": answer((), (), [ADDRESS, opt(), ADDRESS]),
    "two_opts": answer((), (), [opt(), opt()]),
    "opt_in_answer": answer([opt()]),
    "ttl_2_31": answer([record(AT_QUESTION, A, 0x80000000, b"\1\2\3\4")]),
    "ttl_max": answer([record(AT_QUESTION, A, 0x7fffffff, b"\1\2\3\4")]),
    "ttl_0": answer([record(AT_QUESTION, A, 0, b"\1\2\3\4")]),
    "all_shapes": answer([
        record(AT_QUESTION, MX, 1, b"\0\1\2mx" + AT_QUESTION),
        record(AT_QUESTION, TXT, 2, b"\3abc\0\1d"),
        record(AT_QUESTION, 13, 3, b"\1x\1y"),
        record(AT_QUESTION, 33, 4, b"\0\1\0\2\0\3" + AT_QUESTION),
        record(AT_QUESTION, 35, 5, b"\0\1\0\2\1u\0\3!^!" + AT_QUESTION),
        record(AT_QUESTION, 26, 6, b"\0\1" + AT_QUESTION * 2),
        record(AT_QUESTION, 17, 7, AT_QUESTION * 2),
        record(AT_QUESTION, 30, 8, AT_QUESTION + b"\x40"),
    ]),
    "unknown_type": answer([record(AT_QUESTION, 65280, 1, b"\xc0\xff\x40")]),
    "rrsig": answer([ADDRESS, record(AT_QUESTION, 46, 300, b"\0" * 18 + name("example.com") + b"s")]),
    "address_of_3": answer([record(AT_QUESTION, A, 1, b"\1\2\3")]),
    "txt_cut": answer([record(AT_QUESTION, TXT, 1, b"\5ab")]),
    "pointer_forwards": answer([record(b"\xc0\x40", A, 1, b"\1\2\3\4")] * 4),
    "pointer_to_itself": answer([record(b"\xc0\x21", A, 1, b"\1\2\3\4")]),
    "pointer_to_header": answer([record(b"\xc0\x00", A, 1, b"\1\2\3\4")]),
    "pointer_in_rdata_forwards": answer([record(AT_QUESTION, NS, 1, b"\xc0\xff")]),
    "wrong_opcode": answer([ADDRESS], flags=QR | 0x2000),
    "query": answer(flags=RD),
    "no_question": message(QR | 1),
    "no_question_but_records": message(QR, (), [record(name("a"), A, 1, b"\1\2\3\4")]),
    "two_questions": message(QR, [question(), question()]),
    "trailing": answer([ADDRESS]) + b"\0",
    "cut": answer([ADDRESS])[:-1],
    "upper_case": answer([ADDRESS], asked=question("WWW.EXAMPLE.COM")),
    "longest_name": answer([ADDRESS], asked=question(LONGEST)),
    "root_ns": answer([record(b"\0", NS, 518400, name("a.root-servers.net"))], asked=question(".", NS)),
}

HEADER = b"\0" * 12

NAMES = {
    "root": HEADER + b"\0",
    "plain": HEADER + name("www.example.com"),
    "pointer": HEADER + name("example.com") + b"\3www\xc0\x0c",
    "pointer_chain": HEADER + name("com") + b"\1a\xc0\x0c" + b"\1b\xc0\x11" + b"\xc0\x15",
    "bare_pointers": HEADER + b"\0" + b"".join(
        struct.pack("!H", 0xC000 | (12 if i == 0 else 11 + 2 * i)) for i in range(25)),
    "loop": HEADER + b"\xc0\x0c",
    "loop_of_two": HEADER + b"\xc0\x0e\xc0\x0c",
    "loop_with_label": HEADER + b"\1a\xc0\x0c",
    "forwards": HEADER + b"\xc0\x0e" + name("com"),
    "into_header": HEADER + b"\xc0\x05",
    "reserved_40": HEADER + b"\x40" + b"x" * 64,
    "reserved_80": HEADER + b"\x80" + b"x" * 64,
    "longest": HEADER + LONGEST,
    "too_long": HEADER + b"\x01a" + LONGEST,
    "too_long_by_pointer": HEADER + (b"\x3f" + b"x" * 63) * 3 + b"\x3d" + b"x" * 61 + b"\0" + b"\1a\xc0\x0c",
    "cut_label": HEADER + b"\5abc",
    "cut_pointer": HEADER + b"\xc0",
    "text": b"www.Example.com.",
    "text_escapes": b"a\\.b\\000\\255\\\\.c",
    "text_bad_escape": b"a\\256",
    "text_empty_label": b"a..b",
    "text_root": b".",
    "wire_upper": name("WWW.EXAMPLE"),
    "wire_odd_octets": b"\6\0\xff.\\@[\0",
    "key": name("www.example") + b"\0\1\0\1\4",
    "key_bad_bits": name("www.example") + b"\0\1\0\1\x40",
}

FRAMES = {
    "empty": b"\0",
    "one": b"\1" + frame(b"abc"),
    "two": b"\2" + frame(b"abc") + frame(b"de"),
    "empty_messages": b"\3" + frame(b"") * 5,
    "half_length": b"\4" + frame(b"abc") + b"\0",
    "half_message": b"\5" + frame(b"abc") + b"\0\x09abcd",
    "queries": b"\7" + frame(QUERIES["plain"]) + frame(QUERIES["opt"]) + frame(QUERIES["padding"]),
    "large": b"\x0f" + frame(b"x" * 700) + frame(b"y"),
    "never_ends": b"\x10\xff\xff" + b"z" * 40,
    "byte_by_byte": b"\0" + frame(QUERIES["opt"]) + frame(b"") + frame(QUERIES["plain"]),
    "length_split": b"\x11" + frame(b"x" * 254) + frame(b"y" * 255) + frame(b"z" * 256),
    "lengths_0_to_20": b"\x33" + b"".join(frame(b"q" * size) for size in range(21)),
    "zeros": b"\x0b" + b"\0" * 33,
    "piece_ends_with_frame": b"\0" + frame(b"abcdefgh") * 4,
    "answers": b"\x55" + frame(ANSWERS["all_shapes"]) + frame(ANSWERS["nxdomain"]),
}

REPLIES = {
    "empty": b"\0",
    "status": b"\1+OK\r\n",
    "error": b"\2-MOVED 3999 127.0.0.1:6381\r\n",
    "integers": b"\3:0\r\n:-1\r\n:9223372036854775807\r\n",
    "integer_too_large": b"\3:9223372036854775808\r\n",
    "text": b"\4$5\r\nab\r\nc\r\n",
    "nil": b"\5$-1\r\n*-1\r\n",
    "pipeline": b"\6" + b"+OK\r\n$3\r\nabc\r\n$-1\r\n" * 20,
    "array": b"\7*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n",
    "slots": b"\0*1\r\n*3\r\n:0\r\n:16383\r\n*4\r\n$9\r\n127.0.0.1\r\n:7000\r\n$2\r\nid\r\n*0\r\n",
    "nested_6": b"\1" + b"*1\r\n" * 6 + b":1\r\n",
    "nested_9": b"\1" + b"*1\r\n" * 9 + b":1\r\n",
    "elements_256": b"\2*256\r\n" + b":1\r\n" * 256,
    "elements_257": b"\2*257\r\n" + b":1\r\n" * 257,
    "elements_huge": b"\2*2147483647\r\n*2147483647\r\n",
    "text_huge": b"\3$2147483647\r\nabc",
    "text_negative": b"\3$-2\r\nabc\r\n",
    "text_without_end": b"\3$3\r\nabcde",
    "line_without_end": b"\3+" + b"x" * 600,
    "resp3": b"\4%1\r\n+a\r\n:1\r\n~1\r\n#t\r\n,1.5\r\n_\r\n(12345678901234567890\r\n=7\r\ntxt:abc\r\n",
    "push": b"\4>3\r\n+message\r\n+c\r\n+hi\r\n+OK\r\n",
    "no_reply": b"\5HTTP/1.1 400 Bad Request\r\n\r\n",
}


def words(*texts):
    """An array of Redis."""
    return b"*%d\r\n" % len(texts) + b"".join(b"$%d\r\n%s\r\n" % (len(text), text) for text in texts)


def arrives(stream, octets):
    return b"f%c%c" % (stream, len(octets)) + octets


# What happens to a client of two sentinels; the first stream is the sentinel's, the second one the master's.
INTRODUCED = arrives(0, b"+OK\r\n")
MASTER = arrives(0, words(b"192.0.2.9", b"6379"))
SUBSCRIBED = arrives(0, b"*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n")
SWITCHED = arrives(0, words(b"message", b"+switch-master", b"main 192.0.2.9 6379 2001:db8::9 6380"))
FOUND = b"o\0" + INTRODUCED + MASTER + SUBSCRIBED
ROLE = b"*3\r\n$6\r\nmaster\r\n:3129659\r\n*1\r\n*3\r\n$9\r\n192.0.2.8\r\n$4\r\n6379\r\n$7\r\n3129242\r\n"
REPLICA = b"*5\r\n$5\r\nslave\r\n$9\r\n192.0.2.9\r\n:6379\r\n$9\r\nconnected\r\n:3167038\r\n"
CONNECTED = b"o\1" + arrives(1, b"+OK\r\n" + ROLE) + arrives(1, b"+PONG\r\n")
READY = FOUND + CONNECTED
SWITCHED_ELSEWHERE = arrives(0, words(b"message", b"+switch-master", b"other 192.0.2.9 1 192.0.2.1 1"))
UNKNOWN = b"-ERR unknown command\r\n+OK\r\n"
MASTERS = {
    "nothing": b"g",
    "found": FOUND,
    "served": READY + b"g" + arrives(1, b"+OK\r\n$5\r\nvalue\r\n") + b"gg" + arrives(1, b"+OK\r\n$-1\r\n"),
    "asked_and_gone": READY + b"ggg" + b"c\1" + b"t\x20" * 3,
    "switched": READY + b"g" + SWITCHED + b"t\1" + CONNECTED + b"g",
    "switch_of_another": READY + SWITCHED_ELSEWHERE + b"g",
    "switch_cut": READY + arrives(0, words(b"message", b"+switch-master", b"main 192.0.2.9 6379")) + b"gt\x20",
    "replica": FOUND + b"o\1" + arrives(1, b"+OK\r\n" + REPLICA) + b"gt\x20t\x20g",
    "role_empty": FOUND + b"o\1" + arrives(1, b"+OK\r\n*0\r\n+PONG\r\n") + b"g",
    "role_nested": FOUND + b"o\1" + arrives(1, b"+OK\r\n*1\r\n*1\r\n$6\r\nmaster\r\n+PONG\r\n") + b"g",
    "role_error": FOUND + b"o\1" + arrives(1, b"+OK\r\n-ERR unknown command\r\n+PONG\r\n") + b"g",
    "loading": FOUND + b"o\1" + arrives(1, b"+OK\r\n" + ROLE) + arrives(1, b"-LOADING\r\n") + b"t\x10g",
    "read_only": READY + b"g" + arrives(1, b"-READONLY no\r\n$5\r\nvalue\r\n") + b"t\x40g",
    "reply_to_nothing": READY + arrives(1, b"+OK\r\n"),
    "unknown_master": b"o\0" + INTRODUCED + arrives(0, b"*-1\r\n") + b"t\1t\1o\0" + INTRODUCED + MASTER,
    "no_address": b"o\0" + INTRODUCED + arrives(0, words(b"redis.example", b"6379")) + b"t\x20",
    "port_0": b"o\0" + INTRODUCED + arrives(0, words(b"192.0.2.9", b"0")) + b"t\x20",
    "port_too_large": b"o\0" + INTRODUCED + arrives(0, words(b"192.0.2.9", b"65536")) + b"t\x20",
    "error": b"o\0" + INTRODUCED + arrives(0, b"-IDONTKNOW no\r\n") + b"t\1o\0",
    "silent": b"o\0" + INTRODUCED + b"t\x28o\0t\x28t\x28t\x28",
    "refused": b"c\0t\1c\0t\1t\x20c\0",
    "unknown_commands": b"o\0" + arrives(0, UNKNOWN) + MASTER + b"o\1" + arrives(1, UNKNOWN + ROLE),
    "pushes": READY + arrives(1, b">2\r\n+a\r\n+master\r\n") + b"g",
    "broken_off": READY + b"g" + arrives(1, b"$5\r\nval") + b"c\0c\0t\x30",
}

def ask(number, root=0x80, again=0):
    """A question with a deadline of `root` squared, over 16, milliseconds."""
    return b"q%c%c" % (number | again, root)


def reply(shape, stream=0, which=0):
    """The server reads, answers in one of fuzz_upstream's shapes, and all of it arrives."""
    return b"r%ca%c%c%cs%c\0" % (stream, stream, which, shape, stream)


# What happens between a multiplexer of two servers and these; the first octet is the mode.
SHAPES = ("answer", "servfail", "final_refusal", "nxdomain", "keepalive_over", "keepalive_short", "other_question",
          "without_question", "other_id", "cut", "query", "short")  # fmt: skip
OPENED = b"o\0o\1"
AGAIN = 0x80
UPSTREAMS = {
    **{f"shape_{name}": b"\0" + OPENED + ask(1) + reply(shape) + reply(0, 1) for shape, name in enumerate(SHAPES)},
    **{f"mode_{mode}": bytes([mode]) + OPENED + ask(1) + ask(2) + ask(3) + reply(0) * 3 for mode in (1, 2, 4, 8, 16)},
    "nothing": b"\0",
    "never_opened": b"\0" + ask(1) + b"t\x40" * 2,
    "refused": b"\0" + ask(1) + b"c\0\0c\0\0t\1" * 3,
    "certificate": b"\0" + ask(1) + b"c\0\x0ac\0\x0at\1" + ask(1) + b"t\xff",
    "ticket_declined": b"\0" + ask(1) + b"c\0\6c\0\6t\1o\0" + reply(0),
    "answered_twice": b"\0" + OPENED + ask(1) + reply(AGAIN) * 2,
    "half_a_frame": b"\0" + OPENED + ask(1) + ask(2) + b"r\0a\0\0\0s\0\x10t\x30",
    "octet_by_octet": b"\0" + OPENED + ask(1) + b"r\0a\0\0\0" + b"s\0\1" * 60,
    "half_a_frame_and_the_end": b"\0" + OPENED + ask(1) + b"r\0a\0\0\0s\0\x10c\0\0" + reply(0),
    "out_of_order": b"\0" + OPENED + ask(1) + ask(2) + ask(3) + reply(0, which=2) + reply(0, which=1) + reply(0),
    "lost": b"\0" + OPENED + b"".join(map(ask, range(8))) + b"c\0\1" * 3 + b"o\0o\1t\4" + reply(0) * 2,
    "lost_alone": b"\0" + (OPENED + ask(1) + b"c\0\1c\0\1t\x14") * 4,
    "late": b"\0" + OPENED + ask(1, 0x20) + b"r\0t\x10" + reply(0) + reply(0, 1),
    "given_up": b"\0" + OPENED + ask(1) + b"r\0k\0" + reply(0),
    "asks_from_inside": b"\0" + OPENED + ask(1, again=AGAIN) + reply(0) + reply(0) + ask(2, 0, AGAIN) + b"t\x10",
    "out_of_patience": b"\0" + OPENED + ask(1, 0xFF) + b"r\0t\x28" + reply(0, 1),
    "hedged": b"\4" + OPENED + (ask(1) + b"r\0t\2" + reply(0)) * 24 + ask(2) + b"r\0t\x08" + reply(0, 1),
    "out_of_ids": b"\2" + OPENED + b"".join(map(ask, range(12))) + b"t\x28" + reply(0) * 4,
    "refused_by_limit": b"\0" + b"".join(map(ask, range(40))),
    "idle": b"\0" + OPENED + b"t\xff" * 3 + ask(1) + reply(0),
    "idle_closes": b"\0" + (OPENED + b"t\x40c\0\0c\0\0t\2") * 4 + OPENED + ask(1) + reply(0),
    "idle_told": b"\0" + OPENED + ask(1) + reply(5) + b"t\x20" + ask(2) + reply(0) + b"t\x20",
    "garbage": b"\0" + OPENED + ask(1) + b"b\0\x1eHTTP/1.1 400 Bad Request\r\n\r\n..s\0\0" + reply(0),
    "strays": b"\0" + OPENED + ask(1) + (b"b\0\x0e\0\x0c\0\1\x80" + b"\0" * 9) * 20 + b"s\0\0",
    "empty_frames": b"\0" + OPENED + ask(1) + b"b\0\x28" + b"\0" * 40 + b"s\0\0" + reply(0, 1),
    "slow_server": b"\1" + OPENED + b"".join(map(ask, range(30))) + reply(0) * 6 + reply(0, 1) * 6,
    "drained": b"\x08" + OPENED + ask(1) + ask(2) + reply(0),
}


NOW = 1_700_000_000


def stored(message, times=(NOW - 10, NOW + 290, NOW + 1000), bits=4, size=None, tail=b""):
    """A value in Redis, in a plain envelope, behind the bits of the question that is asked."""
    message = b"\0\0" + message[2:]
    head = struct.pack("!QQQBH", *times, bits, len(message) if size is None else size)
    return b"\4\1\0" + head + message + tail


VALUES = {
    "empty": b"\4",
    "version_2": b"\4\2\0",
    "sealed_short": b"\4\1\1" + b"x" * 40,
    "sealed": b"\4\1\1" + b"x" * 120,
    "flushes": b"\4\1\0\0\2" + 2 * (struct.pack("!Q", NOW) + b"\1\1a\0"),
    "flush_cut": b"\4\1\0\0\2" + struct.pack("!Q", NOW) + b"\1\1a",
    "padded": stored(ANSWERS["address"], tail=b"\0" * 63),
    "padded_too_long": stored(ANSWERS["address"], tail=b"\0" * 64),
    "size_too_large": stored(ANSWERS["address"], size=65535),
    "stale": stored(ANSWERS["address"], (NOW - 500, NOW - 200, NOW + 1000)),
    "useless": stored(ANSWERS["address"], (NOW - 500, NOW - 200, NOW)),
    "future": stored(ANSWERS["address"], (NOW + 500, NOW + 600, NOW + 1000)),
    "times_huge": stored(ANSWERS["address"], (2**64 - 3, 2**64 - 2, 2**64 - 1)),
    "other_bits": stored(ANSWERS["address"], bits=1),
    **{f"answer_{name}": stored(message) for name, message in ANSWERS.items() if len(message) < 2000},
}

# Two messages that are compared: each answer beside a plain one.
COMPARISONS = {
    name: struct.pack("!H", len(message)) + message + ANSWERS["address"]
    for name, message in ANSWERS.items()
    if len(message) < 1000
}


def write(target, seeds):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for seed, content in seeds.items():
        (folder / seed).write_bytes(content)


if __name__ == "__main__":
    write("fuzz_query", QUERIES)
    write("fuzz_answer", ANSWERS)
    write("fuzz_name", NAMES)
    write("fuzz_framing", FRAMES)
    write("fuzz_upstream", UPSTREAMS)
    write("fuzz_redis_reply", REPLIES)
    write("fuzz_redis_master", MASTERS)
    write("fuzz_redis_value", VALUES)
    write("fuzz_comparison", COMPARISONS)
