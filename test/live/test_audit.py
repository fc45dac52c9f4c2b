"""The account of queries: JSON lines and dnstap, read by the tools that people read them with; and its readers
away or stopped. Lines about refused clients, read by fail2ban."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest
from harness import client, ports
from harness.dotring import ROOT, Dotring, Responder, run_once
from harness.flood import Flood, all_right
from harness.residence import Residence
from harness.waiting import wait_for

NAME = "localhost"  # dotring answers it itself: no upstream is needed
REFUSED_NETWORK = "127.9.0.0/16"
REFUSED = "127.9.1.77"
ANYWHERE = {"access.allow": "127.0.0.0/8", "access.refuse": REFUSED_NETWORK}


def udp_from(dotring, source, message):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(client.TIMEOUT_S)
        udp.bind((source, 0))
        udp.connect(dotring.server)
        udp.send(message)
        return udp.recv(65535)


def tcp_from(dotring, source, message):
    with socket.create_connection(dotring.server, client.TIMEOUT_S, source_address=(source, 0)) as tcp:
        tcp.sendall(client.framed(message))
        assert tcp.recv(2) != b""


def audit_sum(dotring, what, output):
    return dotring.metrics().sum(f"dotring_audit_{what}_total", output=output)


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def dnstap_lines(path):
    """One short line per message, as dnstap-ldns reads the file."""
    done = subprocess.run(["dnstap-ldns", "-q", "-r", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def wait_for_lines(path, count):
    return wait_for(lambda: path.exists() and len(found := lines_of(path)) >= count and found, f"lines of {path}")


# ----------------------------------------------------------------------------------------------------------
# What is written


def test_each_query_is_a_line_of_json_and_two_messages_of_dnstap(stage, authority):
    upstream = Responder(stage, authority)
    lines, frames = stage.folder / "audit.json", stage.folder / "tap.fstrm"
    options = {**ANYWHERE, "audit.file": lines, "dnstap.target": frames, "audit.clients": "prefix", "engine.workers": 1}
    dotring = Dotring(stage, [upstream], options)
    for _ in range(2):
        assert client.rcode(dotring.ask("wWw.Zone.example", use_edns=0)) == "NOERROR"
    tcp_from(dotring, REFUSED, client.query(NAME))
    udp_from(dotring, "127.0.0.1", client.query(NAME).to_wire() + b"behind")
    written = wait_for_lines(lines, 4)
    sources = [(line["source"], line["transport"], line["rcode"]) for line in written]
    assert sources == [
        ("upstream", "udp", "NOERROR"),
        ("memory", "udp", "NOERROR"),
        ("refused", "tcp", "REFUSED"),
        ("malformed", "udp", "FORMERR"),
    ]
    assert [line["client"] for line in written] == ["127.0.0.0", "127.0.0.0", "127.9.1.0", "127.0.0.0"]
    assert [line["name"] for line in written[:2]] == ["wWw.Zone.example."] * 2
    assert written[0]["latency_us"] > 0 and written[1]["latency_us"] == 0
    assert "port" not in written[0] and "edns" in written[0]["flags"]

    # As logrotate does it: moved away, then SIGUSR1.
    old = stage.folder / "audit.json-old"
    lines.rename(old)
    dotring.process.signal(signal.SIGUSR1)
    wait_for(lines.exists, "a new file")
    dotring.ask(NAME)
    assert wait_for_lines(lines, 1)[0]["name"] == "localhost."
    assert len(lines_of(old)) == 4
    assert [audit_sum(dotring, "dropped", output) for output in ("file", "dnstap")] == [0, 0]
    assert dotring.stop() == 0
    # The dnstap file was opened again too: its four queries are in the one before.
    assert [line.split()[2:4] for line in dnstap_lines(f"{frames}.1")][:4] == [
        ["CQ", "127.0.0.0"],
        ["CR", "127.0.0.0"],
        ["CQ", "127.0.0.0"],
        ["CR", "127.0.0.0"],
    ]
    assert len(dnstap_lines(f"{frames}.1")) == 8
    assert [line.split()[-3:] for line in dnstap_lines(frames)] == [['"localhost."', "IN", "A"]] * 2


def test_sampled_hashed_and_rotated(stage):
    lines = stage.folder / "audit.json"
    key = stage.file("key", "00112233445566778899aabbccddeeff\n")
    key.chmod(0o600)
    options = {
        "audit.file": lines,
        "audit.sample": 4,
        "audit.clients": "hashed",
        "audit.hash_key_file": key,
        "audit.file_size_max": 4096,
        "audit.files_kept": 2,
    }
    dotring = Dotring(stage, options=options)
    count = 600
    for _ in range(count):
        dotring.ask(NAME)
    assert dotring.stop() == 0
    kept = [path for path in (lines, *(stage.folder / f"audit.json.{n}" for n in range(1, 4))) if path.exists()]
    assert len(kept) == 3 and all(path.stat().st_size < 4096 + 300 for path in kept)  # one line more
    written = [line for path in kept for line in lines_of(path)]
    assert 0 < len(written) < count / 2
    assert len({line["client"] for line in written}) == 1
    assert all(len(line["client"]) == 8 and "127" not in line["client"][:3] for line in written)


def test_by_default_nothing_is_kept(stage):
    dotring = Dotring(stage)
    dotring.ask(NAME)
    assert "dotring_audit" not in dotring.metrics_text()
    threads = os.listdir(f"/proc/{dotring.process.pid}/task")
    names = [open(f"/proc/{dotring.process.pid}/task/{thread}/comm").read().strip() for thread in threads]
    assert "audit" not in names


# ----------------------------------------------------------------------------------------------------------
# Readers that come, go and stop


FSTRM_START_SIZE = 42


class Place:
    """Where a reader of dnstap waits: a unix socket, or a TCP port."""

    def __init__(self, stage, kind):
        self.path, port = stage.folder / "tap.sock", ports.free_port()
        self.target = {"unix": f"unix://{self.path}", "tcp": f"tcp://127.0.0.1:{port}"}[kind]
        self.arguments = {"unix": ["-u", self.path], "tcp": ["-a", "127.0.0.1", "-p", port]}[kind]


class Capture:
    """fstrm_capture at such a place."""

    def __init__(self, stage, place, output):
        self.output = output
        # A path that a reader before it has left is in its way.
        place.path.unlink(missing_ok=True)
        self.process = stage.start(
            "capture", ["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", *place.arguments, "-w", output]
        )
        self.process.wait_for_log("opened output file")

    def has_some(self):
        """A message is in the file, behind what such a file begins with. Only when something was written to it:
        before it listens the signal may end it."""
        self.process.signal(signal.SIGHUP)  # it flushes
        return self.output.stat().st_size > FSTRM_START_SIZE

    def messages(self):
        """All of them, after its end."""
        assert self.process.stop() == 0
        return dnstap_lines(self.output)


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_a_reader_of_dnstap_may_come_late_go_and_come_again(stage, kind):
    place = Place(stage, kind)
    dotring = Dotring(stage, options={"dnstap.target": place.target, "dnstap.identity": "edge-7"})
    dotring.process.wait_for_log("audit_output_failed")
    dotring.ask(NAME)
    wait_for(lambda: audit_sum(dotring, "dropped", "dnstap") == 1, "the drop is counted")
    for number in (1, 2):
        capture = Capture(stage, place, stage.folder / f"tap{number}.fstrm")
        before = audit_sum(dotring, "written", "dnstap")

        # It is tried again once a second: queries are asked until one arrives.
        def arrives():
            dotring.ask(NAME)
            return audit_sum(dotring, "written", "dnstap") > before and capture.has_some()

        wait_for(arrives, "a query that a reader takes")
        found = capture.messages()
        assert found and all('"localhost." IN A' in line for line in found)


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_stopped_readers_slow_nobody_and_what_they_miss_is_counted(stage, authority, kind):
    upstream = Responder(stage, authority)
    place, pipe = Place(stage, kind), stage.folder / "audit.pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # it never reads
    capture = Capture(stage, place, stage.folder / "tap.fstrm")
    options = {"dnstap.target": place.target, "audit.file": pipe, "audit.queue": "1MiB"}
    dotring = Dotring(stage, [upstream], options)

    def reaches_reader():
        dotring.ask(NAME)
        return audit_sum(dotring, "written", "dnstap") > 0

    wait_for(reaches_reader, "a reader of dnstap")
    capture.process.signal(signal.SIGSTOP)
    residence = Residence(dotring.process)
    before = residence.now()
    load = ("--names", 100, "-c", 4, "-q", 64, "-t", 10)
    sent = 0
    # Until more has come than queues, buffers and the kernel hold.
    while min(audit_sum(dotring, "dropped", output) for output in ("file", "dnstap")) < 1000:
        result = Flood(dotring.server, *load, "--count", 20_000).result()
        assert all_right(result)
        sent += result["sent"]["queries"]
        assert sent < 2_000_000
    # Two queues of 1 MiB, two buffers, and what else a load touches for the first time.
    assert residence.now() - before < 16 << 20
    for output in ("file", "dnstap"):
        assert audit_sum(dotring, "dropped", output) + audit_sum(dotring, "written", output) <= sent + 1000
    started = time.monotonic()
    assert dotring.stop() == 0
    assert time.monotonic() - started < 5, "a stopped reader does not hold up the end"
    os.close(reader)
    capture.process.signal(signal.SIGCONT)


def test_what_cannot_be_written_is_refused_by_check_config(stage):
    folder = stage.folder
    stage.file("short", "0123")
    for settings, problem in (
        ({"audit.file": folder}, "is a directory"),
        ({"audit.file": folder / "none" / "log"}, "No such file or directory"),
        ({"dnstap.target": folder / "none" / "tap"}, "No such file or directory"),
        ({"dnstap.target": "unix://relative"}, "give unix:///PATH"),
        ({"dnstap.target": "unix:///" + "x" * 108}, "at most 107 octets"),
        ({"dnstap.target": "tcp://localhost"}, "give tcp://ADDRESS:PORT"),
        ({"audit.hash_key_file": folder / "short"}, "neither 16 octets nor 32 hexadecimal digits"),
    ):
        status, output = run_once(settings, "--check-config")
        assert status == 2 and problem in output, (settings, output)
    status, output = run_once({"audit.file": folder / "log", "dnstap.target": "tcp://127.0.0.1:9"}, "--check-config")
    assert status == 0, output
    assert not (folder / "log").exists()


# ----------------------------------------------------------------------------------------------------------
# fail2ban


def banned(log_path, mode, **others):
    """The addresses that fail2ban finds, in the order of the lines."""
    options = ", ".join([f"mode={mode}", *(f'{name}="{value}"' for name, value in others.items())])
    filter_path = ROOT / "scripts" / "fail2ban" / "filter.d" / "dotring.conf"
    command = ["fail2ban-regex", "-o", "ip", log_path, f"{filter_path}[{options}]"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("form", ["json", "text"])
def test_fail2ban_reads_who_was_refused_or_limited(stage, form):
    options = {
        **ANYWHERE,
        "log.refused_clients": "true",
        "log.refused_clients_per_second": 1000,
        "log.format": form,
        "log.level": "warning",
        "rate.proven": 1,
        "rate.burst_ms": 1000,
        "rate.exempt": "127.0.0.1",
    }
    dotring = Dotring(stage, options=options)
    udp_from(dotring, REFUSED, client.query(NAME).to_wire())
    tcp_from(dotring, "127.9.2.2", client.query(NAME))
    for _ in range(3):
        tcp_from(dotring, "127.3.3.3", client.query(NAME))
    dotring.ask(NAME)
    # A name that looks like a line is no line.
    dotring.ask(r"event\"client_refused\"\032client=127.4.4.4\032transport=tcp.test")
    dotring.process.wait_for_log("limited")
    assert dotring.stop() == 0
    proven = banned(dotring.process.log_path, "proven")
    assert proven[0] == "127.9.2.2" and set(proven[1:]) == {"127.3.3.3"}
    assert set(banned(dotring.process.log_path, "all")) == {REFUSED, "127.9.2.2", "127.3.3.3"}


@pytest.mark.parametrize("form", ["json", "text"])
def test_fail2ban_reads_whose_connections_were_closed_at_once(stage, form):
    options = {
        "access.drop": "127.8.0.0/16",
        "listen.tcp_client_connections_max": 2,
        "listen.tcp_connections_max": 4,
        "log.refused_clients": "true",
        "log.format": form,
        "log.level": "warning",
    }
    dotring = Dotring(stage, options=options)

    def refused(source):
        with socket.create_connection(dotring.server, client.TIMEOUT_S, source_address=(source, 0)) as tcp:
            assert tcp.recv(1) == b""

    with contextlib.ExitStack() as stack:
        refused("127.8.1.1")
        for source in ("127.5.5.5", "127.5.5.5", "127.6.0.1", "127.6.0.2"):
            held = stack.enter_context(
                socket.create_connection(dotring.server, client.TIMEOUT_S, source_address=(source, 0))
            )
            held.sendall(client.framed(client.query(NAME)))
            assert held.recv(2), "it has its place"
            if source == "127.6.0.1":
                refused("127.5.5.5")
        refused("127.7.7.7")
        reasons = {reason: dotring.metrics().sum("dotring_tcp_refused_total", reason=reason)
                   for reason in ("access", "client", "full")}  # fmt: skip
        assert set(reasons.values()) == {1}
    assert dotring.stop() == 0
    assert banned(dotring.process.log_path, "proven") == ["127.8.1.1", "127.5.5.5"]
    causes = "refused|limited|full"
    assert banned(dotring.process.log_path, "proven", causes=causes) == ["127.8.1.1", "127.5.5.5", "127.7.7.7"]


def test_the_jail_is_accepted_by_fail2ban(stage, tmp_path):
    etc = tmp_path / "fail2ban"
    shutil.copytree("/etc/fail2ban", etc)
    (etc / "jail.d" / "defaults-debian.conf").unlink(missing_ok=True)
    for room in ("filter.d", "jail.d"):
        shutil.copy(ROOT / "scripts" / "fail2ban" / room / "dotring.conf", etc / room)
    log = stage.file("dotring.log", "")
    (etc / "jail.d" / "here.conf").write_text(f"[dotring]\nenabled = true\nlogpath = {log}\n")
    done = subprocess.run(["fail2ban-client", "-c", etc, "-d"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"['set', 'dotring', 'addlogpath', '{log}'" in done.stdout
    assert "tcp|tls|https" in done.stdout
