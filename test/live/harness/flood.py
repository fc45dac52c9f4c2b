"""dotring-flood in the background: a load while something else happens, and what became of every query."""

import contextlib
import json
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

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


@contextlib.contextmanager
def one_after_the_other(server, *options):
    """A load that lasts as long as the block, however slow the machine is, of floods with names of their own. Gives
    their results, all of which are there after the block: none is broken off, since what waited then would be neither
    right nor lost."""
    results, over = [], threading.Event()

    def run():
        while not over.is_set():
            results.append(Flood(server, *options, "--suffix", f"flood{len(results)}.example").result())

    with ThreadPoolExecutor(1) as background:
        running = background.submit(run)
        try:
            yield results
        finally:
            over.set()
        running.result()


def all_right(result):
    """No query was lost, refused or answered with anything but records."""
    sent = result["sent"]["queries"]
    right = result["response_rcodes"].get("NOERROR", 0) - result["empty"] - result["truncated"]
    assert sent > 0 and right == sent, json.dumps(result, indent=2)
    return True
