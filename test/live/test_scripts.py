"""The command of the README that starts dotring: scripts/run, without the build, as somebody at a terminal uses it."""

import os
import pathlib
import re
import signal
import socket

import pytest
from harness import client, ports
from harness.dotring import BIN_DIR, ENVIRONMENT, ROOT
from harness.servers import HOST

PROGRAMS = ("dotring", "dotring-responder")
SAYS_HOW = re.compile(r"dotring answers on (\S+)\. .*\n\n +dig @(\S+) -p (\d+) ")


class Run:
    """scripts/run --offline. Its processes are told by the folder for temporary files, which no other has."""

    def __init__(self, stage, *options):
        self._temporary = stage.folder / "temporary"
        self._temporary.mkdir()
        # A shell that finds SIGINT ignored, as whoever runs in the background does, cannot heed it.
        heedful = ["env", "--default-signal=INT"]
        command = [*heedful, ROOT / "scripts/run", "--offline", "--no-build", "--control.socket=", *options]
        environment = {**ENVIRONMENT, "DOTRING_BIN_DIR": str(BIN_DIR.resolve()), "TMPDIR": str(self._temporary)}
        self.process = stage.start("run", command, environment)
        stage.at_end(self.end)

    def programs(self):
        """The process id of each program that it has running, by name."""
        return {name: pid for pid, name in self._processes() if name in PROGRAMS}

    def left_behind(self):
        """What is still there of it: processes, and files."""
        return [name for _, name in self._processes()] + list(self._temporary.iterdir())

    def said_how(self):
        """(address with port, host, port) of what it says, or None."""
        found = SAYS_HOW.search(self.process.log())
        return found and found.groups()

    def end(self):
        """It ends its programs itself; those that a failed test leaves are ended here."""
        try:
            self.process.stop()
        finally:
            for pid, _ in list(self._processes()):
                os.kill(pid, signal.SIGKILL)

    def _processes(self):
        mark = b"TMPDIR=%s\0" % bytes(self._temporary)
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    yield int(folder.name), pathlib.Path(os.readlink(folder / "exe")).name
            except OSError:  # ended meanwhile, or somebody else's
                continue


def address(port):
    return f"{HOST}:{port}"


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("form", ["json", "text"])
def test_it_says_how_to_ask_is_asked_and_leaves_nothing_behind(stage, form, number, status):
    port = ports.free_port()
    options = ["--listen.dns=" + address(port), "--admin.listen=" + address(ports.free_port()), "--log.format=" + form]
    run = Run(stage, *options)
    said = run.process.wait_for(run.said_how, "how to ask")
    assert said == (address(port), HOST, str(port))
    replies = [client.dig((HOST, port), "www.example.com"), client.kdig((HOST, port), "www.example.com")]
    for reply in replies:
        assert "NOERROR" in reply and re.search(r"^www\.example\.com\.\s.*\sA\s+198\.18\.", reply, re.MULTILINE)
    assert sorted(run.programs()) == sorted(PROGRAMS)
    run.process.signal(number)
    assert run.process.wait() == status
    assert run.left_behind() == []


@pytest.mark.parametrize("key", ["listen.dns", "admin.listen"])
def test_a_port_that_another_program_answers_on_is_told_and_nothing_else(stage, key):
    """The other one answers there, and for dotring: whoever only connects is content with it."""
    with socket.create_server((HOST, ports.free_port())) as other:
        taken = address(other.getsockname()[1])
        free = {name: address(ports.free_port()) for name in ("listen.dns", "admin.listen")}
        run = Run(stage, *(f"--{name}={value}" for name, value in {**free, key: taken}.items()))
        assert run.process.wait() == 1
    log = run.process.log()
    assert len(re.findall(f'^dotring: {key} = "{taken}": .*in use', log, re.MULTILINE)) == 1
    assert not run.said_how() and "answers" not in log
    assert run.left_behind() == []


def test_dotrings_status_is_its_own(stage):
    run = Run(stage, "--cache.memory=lots")
    assert run.process.wait() == 2
    assert [line for line in run.process.log().splitlines() if "cache.memory" in line]
    assert run.left_behind() == []


def test_when_dotring_ends_so_does_the_rest(stage):
    run = Run(stage, "--listen.dns=" + address(ports.free_port()), "--admin.listen=" + address(ports.free_port()))
    run.process.wait_for(run.said_how, "how to ask")
    os.kill(run.programs()["dotring"], signal.SIGTERM)
    assert run.process.wait() == 0
    assert run.left_behind() == []


def test_without_a_build_it_says_so(stage):
    command = [ROOT / "scripts/run", "--no-build"]
    process = stage.start("run", command, {"DOTRING_BIN_DIR": "/does/not/exist"})
    assert process.wait() == 1
    (line,) = process.log().splitlines()
    assert "/does/not/exist" in line and "scripts/build" in line
