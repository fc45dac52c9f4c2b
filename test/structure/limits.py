"""Every limit has a key, or is named among the fixed bounds that --print-reference shows.

What it is: a walk over the members of the parts' Options structs, and a search for each in the two tables of
tools/dotring. What it is not: a parser of C++; it reads lines. Members are known by their names alone, so two
parts' limits of the same name count as one.

Run: limits.py ROOT prints one line per limit that is nowhere and exits with 1 when there is one.
"""

import pathlib
import re
import sys

PARTS = ("engine", "cache", "tls", "tools/dotring")
TABLES = ("tools/dotring/config/keys.cc", "tools/dotring/config/fixed_bounds.cc")
STRUCT = re.compile(r"^( *)struct (\w*Options) \{\n(.*?)^\1\};", re.DOTALL | re.MULTILINE)
MEMBER = re.compile(r"^\s*[\w:<>, ]+ (\w+)(?: = [^;]*|\{[^;]*\})?;")
LIMIT = re.compile(r"_max$|_max_|_timeout_ms$|_timeout_s$")

# What is no limit of its own: worked out from another one, by whom.
DERIVED = {
    "slots_max": "cache/memory/shard_plan.h, from cache.memory",
    "ghosts_max": "cache/memory/shard_plan.h, from cache.memory",
    "size_max": "cache/redis, from ConnectionOptions::reply_size_max",
    "elements_max": "cache/redis, from ConnectionOptions::reply_elements_max",
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


def check(root):
    tables = "\n".join((root / table).read_text() for table in TABLES)
    problems = []
    for part in PARTS:
        for path in sorted((root / part).rglob("*.h")):
            for struct, member in limits_of(path.read_text()):
                if member not in DERIVED and not is_bound(member, tables):
                    where = path.relative_to(root)
                    problems.append(f"{where}: {struct}::{member} has no key and is no fixed bound; see {TABLES[1]}")
    return problems


def main():
    problems = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
