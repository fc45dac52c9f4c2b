"""The arrows of the layout, checked: who may include whom, and the form that every file keeps.

What it is: the table in ARCHITECTURE.md as data, and a walk over every source file's #include lines.
What it is not: a parser of C++; it reads lines. Invariant: check(root) is empty for the tree as committed.

Run: arrows.py ROOT prints one line per violation and exits with 1 when there is one.
"""

import pathlib
import re
import sys

LINES_MAX = 400
SOURCE_SUFFIXES = {".h", ".cc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

ENGINE = ("engine/base", "engine/io", "engine/dns", "engine/protect", "engine/query", "engine/listen")
TLS = ("tls", "tls/upstream")
CACHE = ("cache", "cache/memory", "cache/redis", "cache/tiers")
ROOMS = ENGINE + TLS + CACHE

# Folder -> folders it may include. A file belongs to the longest folder listed here that holds it.
# Where two folders may include each other, the check for cycles decides which one does.
MAY_INCLUDE = {
    "engine/base": (),
    "engine/io": ("engine/base",),
    "engine/dns": ("engine/base",),
    "engine/protect": ("engine/base", "engine/dns"),
    "engine/query": ("engine/base", "engine/dns", "engine/protect"),
    "engine/listen": ("engine/base", "engine/io", "engine/dns", "engine/protect", "engine/query"),
    "tls": ("engine/base", "engine/io"),
    "tls/upstream": ("tls",) + ENGINE,
    "cache": ("cache/memory", "cache/redis") + ENGINE,
    "cache/memory": ("cache",) + ENGINE,
    "cache/redis": ("cache",) + ENGINE,
    "cache/tiers": ("cache", "cache/memory", "cache/redis") + ENGINE,
    "tools": ROOMS,
    "bench": ROOMS + ("tools",),
    "test": ROOMS + ("tools",),
}

# Rooms of tools that programs share. They do not include each other in a circle.
TOOLS_SHARED = ("common", "clients", "capture", "control")

# Rooms inside of a program -> rooms of that program they may include. What stands before the rooms wires them.
TOOLS_ROOMS = {
    "tools/dotring/config": (),
    "tools/dotring/log": ("tools/dotring/config",),
    "tools/dotring/audit": ("tools/dotring/config", "tools/dotring/log"),
    "tools/dotring/metrics": ("tools/dotring/audit",),
    "tools/dotring/process": ("tools/dotring/config", "tools/dotring/log"),
    "tools/dotring/admin": ("tools/dotring/config", "tools/dotring/log"),
    "tools/dotring/control": ("tools/dotring/config", "tools/dotring/metrics"),
    "tools/flood/questions": (),
    "tools/flood/load": ("tools/flood/questions",),
    "tools/flood/report": ("tools/flood/load", "tools/flood/questions"),
}

# Libraries from outside -> where their headers may appear.
PEOPLE_TOUCH = ("tools", "bench", "test")
LIBRARIES = {
    "liburing": ("engine/io",),
    # wolfCrypt seals what goes to Redis: ciphers and hashes, no TLS.
    "wolfssl/wolfcrypt/": ("tls", "cache/tiers", "tools", "test"),
    "wolfssl/options.h": ("tls", "cache/tiers", "tools", "test"),
    "wolfssl/": ("tls", "tools", "test"),
    "hiredis": ("cache/redis", "test"),
    "ldns/": ("test",),
    "gtest/": ("test",),
    "gmock/": ("test",),
    "benchmark/": ("bench",),
    "spdlog/": ("tools",),
    "toml++/": ("tools",),
    "CLI/": ("tools",),
    "prometheus/": ("tools",),
    "microhttpd": ("tools",),
    "seccomp.h": ("tools/dotring/process",),
    "nlohmann/": ("tools", "test"),
    "fstrm": ("tools/dotring/audit",),
    "dnstap.pb-c.h": ("tools/dotring/audit",),
    "pcap/": ("tools/capture",),
    "zlib.h": ("tools/capture", "test/tools/capture"),
    "lzma.h": ("tools/capture", "test/tools/capture"),
    "zstd.h": ("tools/capture", "test/tools/capture"),
    "lz4frame.h": ("tools/capture", "test/tools/capture"),
}

# System headers that ask the kernel for something, tell the time or draw numbers: engine/io has the data
# path's only ones, tools and tests do as they like.
SYSTEM = ("engine/io",) + PEOPLE_TOUCH
SYSTEM_HEADERS = {
    "aio.h", "fcntl.h", "netdb.h", "poll.h", "pthread.h", "sched.h", "signal.h", "time.h", "unistd.h",
    "chrono", "csignal", "ctime", "filesystem", "fstream", "iostream", "random", "thread",
    "sys/epoll.h", "sys/eventfd.h", "sys/ioctl.h", "sys/poll.h", "sys/random.h", "sys/select.h",
    "sys/signalfd.h", "sys/socket.h", "sys/stat.h", "sys/syscall.h", "sys/time.h", "sys/timerfd.h",
    "sys/types.h", "sys/uio.h", "sys/un.h",
}  # fmt: skip
SYSTEM_CALL = re.compile(
    r"(?<![\w.>:])(?:::)?(?:std::)?(getenv|syscall|recvmmsg|sendmmsg|recvmsg|sendmsg|clock_gettime|"
    r"gettimeofday|getrandom|arc4random|usleep|nanosleep)\s*\("
)


def folder_of(path, folders):
    """The longest of `folders` that holds the file `path` (both relative to the root), or None."""
    parents = [parent.as_posix() for parent in pathlib.PurePosixPath(path).parents]
    return next((parent for parent in parents if parent in folders), None)


def is_inside(path, places):
    return any(path.startswith(place + "/") for place in places)


def sources(root):
    """Paths, relative to the root, of everything that the rules are about."""
    for top in ("engine", "tls", "cache", "tools", "bench", "test"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in SOURCE_SUFFIXES and path.is_file():
                yield path.relative_to(root).as_posix()


def check_project_include(path, folder, included):
    target = folder_of(included, MAY_INCLUDE)
    if target is None:
        return f"{included}: not a path from the root"
    if target == folder and folder != "tools":
        return None
    if folder == "tools" and target == "tools":
        return check_tools_include(path, included)
    if target not in MAY_INCLUDE[folder]:
        return f"{folder} must not include {included}"
    return None


def check_tools_include(path, included):
    """Programs do not include each other; what they share lies in rooms of its own, which include no program."""
    own, other = path.split("/")[1], included.split("/")[1]
    if other == own:
        return check_room_include(path, included)
    if other in TOOLS_SHARED:
        return None
    return f"tools/{own} must not include {included}"


def check_room_include(path, included):
    room = folder_of(path, TOOLS_ROOMS)
    if room is None or folder_of(included, (room,) + TOOLS_ROOMS[room]):
        return None
    return f"{room} must not include {included}"


def check_library_include(path, included):
    prefix = max((one for one in LIBRARIES if included.startswith(one)), key=len, default=None)
    if prefix and not is_inside(path, LIBRARIES[prefix]):
        return f"<{included}> belongs to {', '.join(LIBRARIES[prefix])}"
    if included in SYSTEM_HEADERS and not is_inside(path, SYSTEM):
        return f"<{included}> belongs to {', '.join(SYSTEM)}"
    return None


def check_lines(path, lines):
    """Violations of one file, as (line number, what)."""
    folder = folder_of(path, MAY_INCLUDE)
    if folder is None:
        yield 1, "lies in no folder of the layout"
        return
    if len(lines) > LINES_MAX:
        yield len(lines), f"more than {LINES_MAX} lines"
    if path.endswith(".h") and "#pragma once" not in lines:
        yield 1, "no #pragma once"
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if include and include[1] == '"':
            problem = check_project_include(path, folder, include[2])
        elif include:
            problem = check_library_include(path, include[2])
        else:
            problem = check_call(path, line)
        if problem:
            yield number, problem


def check_call(path, line):
    call = SYSTEM_CALL.search(line.split("//")[0])
    if call and not is_inside(path, SYSTEM):
        return f"{call[1]}() belongs to {', '.join(SYSTEM)}"
    return None


def folder_graph(files):
    """folder -> {folder it includes: one place where it does}"""
    graph = {}
    for path, lines in files.items():
        folder = folder_of(path, MAY_INCLUDE)
        for number, line in enumerate(lines, 1):
            include = INCLUDE.match(line)
            target = include and include[1] == '"' and folder_of(include[2], MAY_INCLUDE)
            if target and folder and target != folder:
                graph.setdefault(folder, {}).setdefault(target, f"{path}:{number}")
    return graph


def find_cycle(graph):
    """A list of folders that include each other in a circle, or None."""
    done = set()

    def visit(folder, trail):
        if folder in trail:
            return trail[trail.index(folder) :] + [folder]
        if folder in done:
            return None
        for target in graph.get(folder, ()):
            cycle = visit(target, trail + [folder])
            if cycle:
                return cycle
        done.add(folder)
        return None

    return next(filter(None, (visit(folder, []) for folder in graph)), None)


def check(root):
    """Every violation under `root` as one line of text."""
    root = pathlib.Path(root)
    files = {path: (root / path).read_text().splitlines() for path in sources(root)}
    problems = [
        f"{path}:{number}: {what}" for path, lines in files.items() for number, what in check_lines(path, lines)
    ]
    graph = folder_graph(files)
    cycle = find_cycle(graph)
    if cycle:
        steps = [f"{graph[a][b]}: {a} includes {b}" for a, b in zip(cycle, cycle[1:])]
        problems.append("folders in a circle: " + "; ".join(steps))
    return problems


def main(arguments):
    if len(arguments) != 2:
        print("usage: arrows.py ROOT", file=sys.stderr)
        return 2
    problems = check(arguments[1])
    print("\n".join(problems) if problems else "every arrow points as it should")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
