"""Every limit has a key, or is named among the fixed bounds that --print-reference shows.

What it is: a walk over the members of the parts' Options structs and over constants that are called something-Max,
and a search for each in the two tables of tools/dotring. What it is not: a parser of C++; it reads lines. Members and
constants are known by their names alone, so two parts' limits of the same name count as one.

Run: limits.py ROOT prints one line per limit that is nowhere and exits with 1 when there is one.
"""

import pathlib
import re
import sys

PARTS = ("engine", "cache", "tls", "tools/dotring", "tools/control")
TABLES = ("tools/dotring/config/keys.cc", "tools/dotring/fixed_bounds.cc")
STRUCT = re.compile(r"^( *)struct (\w*Options) \{\n(.*?)^\1\};", re.DOTALL | re.MULTILINE)
MEMBER = re.compile(r"^\s*[\w:<>, ]+ (\w+)(?: = [^;]*|\{[^;]*\})?;")
LIMIT = re.compile(r"_max$|_max_|_timeout_ms$|_timeout_s$")
CONSTANT = re.compile(r"^\s*(?:(?:static|inline) )*constexpr [\w:]+ (k\w*Max(?:S|Ms|_s)?) = ", re.MULTILINE)

# What is no limit of its own: worked out from another one, by whom.
DERIVED = {
    "datagrams_max": "engine/io/udp_socket.cc, a batch",
    "slots_max": "cache/memory/shard_plan.h, from cache.memory",
    "ghosts_max": "cache/memory/shard_plan.h, from cache.memory",
    "gets_max": "tools/dotring/redis_parts.cc, from redis.pending_max",
    "size_max": "cache/redis, from ConnectionOptions::reply_size_max",
    "idle_buffer_max": "what is kept between bursts, within the bounds of the queue or the session",
    "elements_max": "cache/redis, from ConnectionOptions::reply_elements_max",
}

# Constants that bound nothing that anybody meets, by their places: forms of messages, room for something whose size
# is known, and how much work is done at a time.
NOBODY_MEETS = {
    "cache/memory/entry.h::kFailuresMax": "how often the time of a failure is doubled",
    "cache/memory/entry.h::kFrequencyMax": "a counter of hits",
    "cache/memory/entry_queues.h::kTurnsMax": "work at a time",
    "cache/memory/shard.cc::kFailureMax_s": "RFC 9520, 3.2, as the key has it",
    "cache/memory/shard_lock.h::kLooksMax": "work at a time",
    "cache/redis/command.h::kWordsMax": "of our own commands",
    "cache/redis/reply_reader.cc::kIdleBufferMax": "what is given back",
    "cache/redis/server.cc::kReceiveMax": "a receive buffer, for the sum of memory",
    "cache/tiers/envelope.h::kContextMax": "a question",
    "cache/tiers/envelope.h::kHeadMax": "a form",
    "cache/tiers/envelope.h::kOverheadMax": "a form",
    "cache/tiers/key_name.h::kSizeMax": "a name and redis.prefix",
    "cache/tiers/tiers.h::kValueMax": "a message in its form",
    "cache/tiers/value.cc::kPaddingMax": "a form",
    "engine/base/histogram.h::kValueMax": "what is counted as the same",
    "engine/dns/constants.h::kLabelSizeMax": "RFC 1035",
    "engine/dns/constants.h::kMessageSizeMax": "RFC 1035",
    "engine/dns/constants.h::kNameSizeMax": "RFC 1035",
    "engine/dns/message_writer.h::kShortReplySizeMax": "of our own replies",
    "engine/dns/message_writer.h::kUpstreamQuerySizeMax": "of our own queries",
    "engine/dns/question.h::kSizeMax": "a name, type and class",
    "engine/dns/record.h::kTtlMax": "RFC 2181, 8",
    "engine/io/udp_outbox.cc::kRunDatagramsMax": "work at a time",
    "engine/io/udp_outbox.cc::kRunOctetsMax": "work at a time",
    "engine/io/udp_outbox.cc::kSegmentSizeMax": "longer ones go singly",
    "engine/protect/server_cookies.cc::kOptionSizeMax": "RFC 7873",
    "engine/query/resolver.cc::kChainMax": "for the sum of memory",
    "tls/self_signed.cc::kDerMax": "certificates that are made for tests",
    "tls/session.h::kMemoryMax": "for the sum of memory",
    "tls/session.h::kRecordMax": "RFC 8446",
    "tls/session.h::kRecordOverheadMax": "RFC 8446",
    "tls/tls_stream.h::kIdleBufferMax": "what is given back",
    "tls/upstream/multiplexer.cc::kRefusalSizeMax": "a longer refusal is only not kept whole",
    "tools/dotring/config/addresses.cc::kTriesMax": "work at a time",
    "tools/dotring/config/key.cc::kLengthMax": "the length of a key's name",
    "tools/dotring/config/value.cc::kBitsMax": "the permissions of a file",
}


def limits_of(text):
    """(struct, member) of each limit in a header."""
    for struct in STRUCT.finditer(text):
        for line in struct[3].splitlines():
            member = MEMBER.match(line.split("//")[0])
            if member and LIMIT.search(member[1]):
                yield struct[2], member[1]


def is_bound(member, tables):
    return re.search(rf"\.{member}\b", tables) is not None


def is_named(constant, tables):
    return re.search(rf"\b{constant}\b", tables) is not None


def problems_of(where, text, tables):
    for struct, member in limits_of(text) if where.endswith(".h") else ():
        if member not in DERIVED and not is_bound(member, tables):
            yield f"{where}: {struct}::{member} has no key and is no fixed bound; see {TABLES[1]}"
    for constant in CONSTANT.findall(text):
        if f"{where}::{constant}" not in NOBODY_MEETS and not is_named(constant, tables):
            yield f"{where}: {constant} is no fixed bound; see {TABLES[1]}"


def sources(root):
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            where = path.relative_to(root).as_posix()
            if path.suffix in (".h", ".cc") and where not in TABLES:
                yield where, path.read_text()


def check(root):
    tables = "\n".join((root / table).read_text() for table in TABLES)
    return [problem for where, text in sources(root) for problem in problems_of(where, text, tables)]


def gone(root):
    """What NOBODY_MEETS names and is there no more."""
    constants = {f"{where}::{constant}" for where, text in sources(root) for constant in CONSTANT.findall(text)}
    return sorted(set(NOBODY_MEETS) - constants)


def main():
    problems = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
