"""A program under test: its log, its end, and a stage that ends all of them whatever happens.

Invariant: no process outlives its Stage, and none outlives the test process (the kernel ends it).
"""

import ctypes
import os
import pathlib
import signal
import subprocess

from harness.waiting import SOON_S, wait_for

PR_SET_PDEATHSIG = 1
LOG_TAIL = 8000  # characters shown of each log when a test fails

_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One running program; both outputs go to one log file."""

    def __init__(self, name, command, folder, environment=None, descriptors=()):
        self.name = name
        self.command = [str(part) for part in command]
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        with open(self.log_path, "wb") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=dict(os.environ, **(environment or {})),
                pass_fds=descriptors,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self):
        return self._process.pid

    @property
    def status(self):
        """The exit status, or None while it runs; negative: ended by that signal."""
        return self._process.poll()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def signal(self, number):
        """One that is stopped stands still when this returns: its threads go on for a moment."""
        self._process.send_signal(number)
        if number == signal.SIGSTOP:
            wait_for(self._stands_still, f"{self.name} stands still")

    def _stands_still(self):
        tasks = pathlib.Path(f"/proc/{self.pid}/task").glob("*/stat")
        return all(task.read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)

    def wait(self, timeout_s=SOON_S):
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout_s} s") from None

    def wait_for(self, condition, what, timeout_s=SOON_S):
        """As wait_for(), and fails at once when the program has ended."""

        def checked():
            value = condition()
            if not value and self.status is not None:
                raise AssertionError(f"{self.name} ended with {self.status} before: {what}\n{self.log()}")
            return value

        return wait_for(checked, f"{self.name}: {what}", timeout_s)

    def wait_for_log(self, text, timeout_s=SOON_S):
        """The first line of the log that holds `text`."""

        def line():
            return next((line for line in self.log().splitlines() if text in line), None)

        return self.wait_for(line, f"'{text}' in the log", timeout_s)

    def stop(self, timeout_s=SOON_S):
        """SIGTERM and the exit status; SIGKILL, and failure, when it does not end."""
        if self.status is None:
            self.signal(signal.SIGTERM)
            # A stopped process (tests do that) only sees it when it goes on.
            self.signal(signal.SIGCONT)
        try:
            return self.wait(timeout_s)
        finally:
            self.kill()

    def kill(self):
        if self.status is None:
            self._process.kill()
            self._process.wait()


class Stage:
    """All processes of one test and the folder they work in."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []
        self._closers = []

    def start(self, name, command, environment=None, descriptors=()):
        same = sum(process.name.rstrip("0123456789") == name for process in self.processes)
        process = Process(f"{name}{same + 1}" if same else name, command, self.folder, environment, descriptors)
        self.processes.append(process)
        return process

    def at_end(self, close):
        """Calls close() when the stage ends, before the processes do."""
        self._closers.append(close)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def end(self):
        try:
            for close in reversed(self._closers):
                close()
        finally:
            for process in reversed(self.processes):
                process.kill()

    def logs(self):
        """(title, text) of each process, for the report of a failed test."""
        for process in self.processes:
            text = process.log()
            yield f"{process.name} (status {process.status}): {' '.join(process.command)}", text[-LOG_TAIL:]
