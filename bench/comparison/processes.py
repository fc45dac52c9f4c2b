"""Processes pinned to a core, and what the kernel says they cost."""

import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time

HOST = "127.0.0.1"
READY_S = 20

_libc = ctypes.CDLL(None)


def _die_with_parent():
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Pinned:
    """A running program on one core, its output in a log file."""

    def __init__(self, name, command, core, folder):
        self.name = name
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(core), *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self):
        return self._process.pid

    def cpu_ns(self):
        """CPU time of all its threads so far, as the scheduler counted it."""
        total = 0
        for thread in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0])
        return total

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"{self.name}: no VmRSS")

    def signal(self, number):
        self._process.send_signal(number)

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def check(self):
        """Fails when it has ended: a server that died must not be measured."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self._process.returncode}; see {self.log_path}")

    def wait_until(self, condition, what):
        end = time.monotonic() + READY_S
        while not condition():
            self.check()
            if time.monotonic() > end:
                raise RuntimeError(f"{self.name}: waited {READY_S} s in vain: {what}; see {self.log_path}")
            time.sleep(0.01)


def free_port():
    """A port that was free for UDP and TCP a moment ago, below those drawn for outgoing connections."""
    for port in range(20000 + os.getpid() % 5000, 32000):
        if port in _given:
            continue
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind((HOST, port))
        except OSError:
            continue
        _given.add(port)
        return port
    raise RuntimeError("no free port")


_given = set()


def accepts(port):
    try:
        socket.create_connection((HOST, port), 1).close()
        return True
    except OSError:
        return False


def query(name, message_id=1):
    """A plain query for an A record."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    head = message_id.to_bytes(2, "big") + bytes([1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    return head + labels + bytes([0, 0, 1, 0, 1])


def answers(port, name="ready.example", timeout_s=0.2):
    """Whether a UDP query gets NOERROR and a record."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(timeout_s)
        client.connect((HOST, port))
        try:
            client.send(query(name))
            reply = client.recv(4096)
        except OSError:
            return False
    return reply[3] & 15 == 0 and int.from_bytes(reply[6:8], "big") > 0
