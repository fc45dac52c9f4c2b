"""Stops one thread of a process as a debugger does (ptrace), so that it hangs while the others go on."""

import contextlib
import ctypes
import os
import pathlib

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000  # waitpid() for threads that are not children

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def _ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None):
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


def thread_of(process, name):
    """The id of the thread with that name."""
    for folder in pathlib.Path(f"/proc/{process}/task").iterdir():
        if (folder / "comm").read_text().strip() == name:
            return int(folder.name)
    raise AssertionError(f"no thread {name}")


@contextlib.contextmanager
def stopped(thread):
    _ptrace(PTRACE_SEIZE, thread)
    try:
        _ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)
        yield
    finally:
        _ptrace(PTRACE_DETACH, thread)
