"""The service manager's part, as systemd plays it: sockets that it has opened (sd_listen_fds(3)), and a socket at which
it is told how things are (sd_notify(3))."""

import socket
import sys

from harness import ports
from harness.servers import HOST

# Runs what follows as this very process, with the sockets from 3 on and LISTEN_PID its own.
ACTIVATE = """
import os, sys
sockets, command = int(sys.argv[1]), sys.argv[2:]
given = [int(number) for number in command[:sockets]]
kept = [os.dup(number) for number in given]
while kept and min(kept) < 3 + sockets:
    kept = [os.dup(number) for number in kept]
for index, number in enumerate(kept):
    os.dup2(number, 3 + index)
if sockets:
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(sockets))
os.execv(command[sockets], command[sockets:])
"""


class Manager:
    """`sockets`: how many for UDP, and as many for TCP. `watchdog_s`: how often it wants to hear of progress."""

    def __init__(self, stage, sockets=0, watchdog_s=None):
        self.port = ports.free_port()
        self._watchdog_s = watchdog_s
        kinds = [socket.SOCK_DGRAM] * sockets + [socket.SOCK_STREAM] * sockets
        self.sockets = [self._listen(kind) for kind in kinds]
        self.path = stage.folder / "notify"
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._notified.bind(str(self.path))
        self.messages = []
        stage.at_end(self.close)

    def _listen(self, kind):
        opened = socket.socket(socket.AF_INET, kind)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # As systemd does: a connection of a test before this one may still be in TIME_WAIT there.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((HOST, self.port))
        if kind == socket.SOCK_STREAM:
            opened.listen(128)
        return opened

    def close(self):
        for opened in [*self.sockets, self._notified]:
            opened.close()

    def start(self, stage, command, environment):
        numbers = [opened.fileno() for opened in self.sockets]
        environment = {**environment, "NOTIFY_SOCKET": str(self.path)}
        if self._watchdog_s:
            environment["WATCHDOG_USEC"] = str(int(self._watchdog_s * 1e6))
        prefix = [sys.executable, "-c", ACTIVATE, len(numbers), *numbers]
        return stage.start("dotring", [*prefix, *command], environment, numbers)

    def told(self):
        """All that was said up to now: {"READY": "1", ...}, one for each message."""
        while True:
            try:
                text = self._notified.recv(4096, socket.MSG_DONTWAIT).decode()
            except BlockingIOError:
                return self.messages
            self.messages.append(dict(line.split("=", 1) for line in text.splitlines()))

    def last(self, key):
        """The latest value of `key`, or None."""
        return next((message[key] for message in reversed(self.told()) if key in message), None)
