#!/usr/bin/env python3
"""Writes the hand-made seeds of fuzz_questions: test/fuzz/corpus/fuzz_questions/NAME.

As make_corpus.py, for the load tester's files. The first octet is fuzz_questions.cc's choice.
"""

from make_corpus import ANSWERS, QUERIES, frame, write

TEXT, NAMES, BINARY = 0, 1, 2
UNSEEN, TYPES, EDNS, ZIPF = 4, 8, 16, 32

LINES = b"""www.example.com A
; a remark
# another

 two.example\tAAAA\r
type.example TYPE65280
number.example 257 behind it
alone.example
escaped\\046\\.name.example MX
nothing.example NOTYPE
bad..name A
"""
LONGEST = b".".join([b"x" * 63] * 3 + [b"y" * 61])
FRAMES = b"".join(map(frame, QUERIES.values()))

SEEDS = {
    "text": bytes([TEXT]) + LINES,
    "text_edns": bytes([TEXT | EDNS]) + LINES,
    "text_unseen": bytes([TEXT | UNSEEN | TYPES]) + LINES,
    "text_longest": bytes([TEXT | UNSEEN]) + LONGEST + b" A\n" + LONGEST + b"z A\n",
    "text_line_too_long": bytes([TEXT]) + b"a A\n" + b"b" * 5000 + b" A\nc A",
    "text_zeros": bytes([TEXT]) + b"\0" * 10 + b"\n\0 A\n",
    "names": bytes([NAMES | ZIPF]) + b"popular.example\nrare.example\n.\n",
    "names_unseen": bytes([NAMES | ZIPF | UNSEEN | TYPES | EDNS]) + b"popular.example\nrare.example\n.\n",
    "binary": bytes([BINARY]) + FRAMES,
    "binary_unseen": bytes([BINARY | UNSEEN | TYPES]) + FRAMES,
    "binary_cut_off": bytes([BINARY]) + FRAMES[:-5],
    "binary_answers": bytes([BINARY]) + b"".join(frame(each) for each in ANSWERS.values() if len(each) < 600),
    "binary_short": bytes([BINARY]) + frame(b"") + frame(b"x" * 11) + frame(b"\0" * 12),
}

if __name__ == "__main__":
    write("fuzz_questions", SEEDS)
