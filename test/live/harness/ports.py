"""Free ports for servers that cannot bind port 0, safe between test processes that run at the same time.

A port is taken by a lock on a file that lives as long as this process, and lies below the range from which
the kernel draws ports for outgoing connections, so nobody takes it between here and the server's bind().
"""

import fcntl
import os
import pathlib
import random
import socket
import tempfile

PORT_MIN = 12000
PORT_MAX = 32000

_locks = {}


def free_port(lowest=PORT_MIN, end=PORT_MAX, count=1):
    """A port that is free for UDP and TCP, on IPv4 and IPv6, until this process ends; the first of `count` in a row."""
    folder = pathlib.Path(tempfile.gettempdir()) / f"dotring-live-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for _ in range(1000):
        port = random.randrange(lowest, end - count + 1)
        if all(_take(folder, each) for each in range(port, port + count)):
            return port
    raise RuntimeError("no free port")


def _take(folder, port):
    return port not in _locks and _lock(folder, port) and _is_free(port)


def _lock(folder, port):
    file = open(folder / str(port), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _locks[port] = file
    return True


def _is_free(port):
    wanted = [
        (family, kind) for family in (socket.AF_INET, socket.AF_INET6) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)
    ]
    for family, kind in wanted:
        with socket.socket(family, kind) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError:
                return False
    return True
