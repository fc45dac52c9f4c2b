"""What a program writes to a terminal that is its standard error, while its standard output is a pipe."""

import os
import pty
import subprocess


def shown_on_a_terminal(command, environment):
    """(what the terminal got, standard output) of a run that succeeds."""
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=its_end, env=dict(os.environ, **environment))
    os.close(its_end)
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # it has ended
        pass
    os.close(terminal)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, shown
    return shown.decode(), output.decode()
