"""A network of the test's own: the test moves into a new network namespace, with another one behind a cable.

What runs in the test afterwards sees only this network; `outside` is the far end, where forged addresses come from.
Invariant: nothing outside of the two namespaces changes, and both are gone when the test is.
"""

import contextlib
import ctypes
import json
import os
import socket
import subprocess

from harness.waiting import wait_for

CLONE_NEWNET = 0x40000000
INSIDE, OUTSIDE = "192.0.2.1", "192.0.2.2"
FORGED = "10.0.0.0/8"  # is routed to the outside, where nobody has any of it

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def possible():
    """Whether this process may have namespaces."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0


def _ip(*words, within=()):
    command = [*within, "ip", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


class Network:
    """Both namespaces, joined; only of use within `with`."""

    def __init__(self, stage):
        self._stage = stage

    def __enter__(self):
        self._before = os.open("/proc/self/ns/net", os.O_RDONLY)
        _check(_libc.unshare(CLONE_NEWNET))
        self._inside = os.open("/proc/self/ns/net", os.O_RDONLY)
        holder = self._stage.start("outside", ["unshare", "--net", "sleep", "1000"])
        self._holder = str(holder.pid)
        own = os.readlink("/proc/self/ns/net")
        wait_for(lambda: os.readlink(f"/proc/{self._holder}/ns/net") != own, "the other namespace")
        self._outside = os.open(f"/proc/{self._holder}/ns/net", os.O_RDONLY)
        self._join()
        return self

    def __exit__(self, *_):
        _check(_libc.setns(self._before, CLONE_NEWNET))
        for descriptor in (self._before, self._inside, self._outside):
            os.close(descriptor)

    def _join(self):
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "inside", "type", "veth", "peer", "name", "outside", "netns", self._holder)
        for name, address, within in (("inside", INSIDE, ()), ("outside", OUTSIDE, self.within_outside)):
            _ip("address", "add", f"{address}/24", "dev", name, within=within)
            _ip("link", "set", name, "up", within=within)
        _ip("route", "add", FORGED, "via", OUTSIDE)

    @property
    def within_outside(self):
        """In front of a command that is to run there."""
        return ["nsenter", f"--net=/proc/{self._holder}/ns/net"]

    def mac_inside(self):
        return json.loads(_ip("-json", "link", "show", "inside"))[0]["address"]

    @contextlib.contextmanager
    def udp_outside(self):
        """A socket of the outside, which stays there wherever it is used."""
        _check(_libc.setns(self._outside, CLONE_NEWNET))
        try:
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        finally:
            _check(_libc.setns(self._inside, CLONE_NEWNET))
        with udp:
            yield udp
