"""Programs in a namespace of their own, as in `unshare`: other files, another network.

What it is not: needed to run the tests. Where the machine forbids it, the test is skipped.
"""

import shutil
import subprocess

import pytest


def prefix(kind, setup):
    """A command prefix that runs a program in a new namespace ("mount", "net"), after `setup` of the shell in it."""
    for user in ([], ["--user", "--map-root-user"]):
        command = ["unshare", *user, f"--{kind}", "sh", "-c", f'{setup} && exec "$@"', "sh"]
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    pytest.skip(f"no {kind} namespaces here")


def inside(process, command_prefix):
    """A command prefix that runs a program in the network of one that was started with `command_prefix`."""
    user = ["--user", "--preserve-credentials"] if "--user" in command_prefix else []
    return ["nsenter", "--target", process.pid, *user, "--net"]
