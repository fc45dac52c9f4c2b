"""dotring-flood in the background: a load while something else happens, and what became of every query."""

import json
import os
import subprocess

from harness.dotring import ENVIRONMENT, program


class Flood:
    """Runs until its options say so; reads nothing but what it says at the end."""

    def __init__(self, server, *options):
        host, port = server
        command = [program("dotring-flood"), "--json", "-s", host, "-p", port, *options]
        self._process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ, **ENVIRONMENT),
        )

    def running(self):
        return self._process.poll() is None

    def result(self):
        """The sum over the run, when it has ended."""
        output, errors = self._process.communicate(timeout=120)
        assert self._process.returncode == 0, errors
        return json.loads(output.splitlines()[-1])


def all_right(result):
    """No query was lost, refused or answered with anything but records."""
    sent = result["sent"]["queries"]
    right = result["response_rcodes"].get("NOERROR", 0) - result["empty"] - result["truncated"]
    assert sent > 0 and right == sent, json.dumps(result, indent=2)
    return True
