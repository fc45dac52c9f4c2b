"""dotring-ctl as the tests run it, and the socket that it asks."""

import json
import os
import socket
import subprocess

from harness.dotring import ENVIRONMENT, program


class Control:
    """dotring-ctl for one dotring."""

    def __init__(self, path):
        self.path = path

    def run(self, *arguments, environment=None, path=None, **more):
        """(status, standard output, standard error). `path`: of a copy of dotring-ctl; `more`: as subprocess.run()."""
        done = subprocess.run(
            [path or program("dotring-ctl"), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            env=dict(os.environ, **ENVIRONMENT, **(environment or {"DOTRING_CONTROL_SOCKET": str(self.path)})),
            **more,
        )
        return done.returncode, done.stdout, done.stderr

    def text(self, *arguments):
        status, output, errors = self.run(*arguments)
        assert (status, errors) == (0, ""), errors
        return output

    def json(self, *arguments):
        return json.loads(self.text("--json", *arguments))

    def refused(self, *arguments, **more):
        """The one line of an error."""
        status, output, errors = self.run(*arguments, **more)
        assert (status, output, errors.count("\n")) == (1, "", 1), (status, output, errors)
        return errors

    def process(self):
        """The number of the dotring that answers."""
        return self.json("status")["process"]

    def connect(self):
        """A connection to the socket itself."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30)
        connection.connect(str(self.path))
        return connection

    def raw(self, octets):
        """What dotring sends for these octets until it closes."""
        with self.connect() as connection:
            connection.sendall(octets)
            answer = b""
            while more := connection.recv(65536):
                answer += more
            return answer
