"""One dotring after the other takes over under load."""

import subprocess
import time

from comparison.processes import HOST, free_port
from comparison.source import report_of, right_answers

AUTH_NAME = "responder.bench"
NAMES = 1000
SECONDS_EACH = 0.6  # of a restart, roughly: the load has to last longer than all of them
SOON_S = 30


class Program:
    """A running program; its output is in a log file."""

    def __init__(self, name, command, folder):
        self.log_path = folder / f"{name}.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=subprocess.STDOUT)

    def wait_for_log(self, text):
        end = time.monotonic() + SOON_S
        while text not in self.log_path.read_text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"no '{text}' in {self.log_path}: {self.log_path.read_text()[-2000:]}")
            time.sleep(0.002)

    def wait(self):
        status = self.process.wait(SOON_S)
        if status:
            raise RuntimeError(f"ended with {status}: {self.log_path.read_text()[-2000:]}")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Generations:
    """A responder as the upstream, and the dotrings in front of it."""

    def __init__(self, bin_dir, folder):
        self.bin_dir, self.folder = bin_dir, folder
        self.port, self.admin_port = free_port(), free_port()
        upstream_port, ca_path = free_port(), folder / "ca.pem"
        options = ["--tls", f"{HOST}:{upstream_port}", "--make-cert", AUTH_NAME, "--write-ca", ca_path]
        upstream = Program("responder", [bin_dir / "dotring-responder", *options], folder)
        upstream.wait_for_log("ready")
        self.command = [
            bin_dir / "dotring",
            f"--listen.dns={HOST}:{self.port}",
            f"--admin.listen={HOST}:{self.admin_port}",
            f"--upstream.servers=tls://{HOST}:{upstream_port}#{AUTH_NAME}",
            f"--upstream.ca_file={ca_path}",
            f"--life.takeover_socket={folder / 'takeover'}",
        ]
        self.count = 0
        self.programs = [upstream]
        self.running = self._start("ready")

    def _start(self, text, *arguments):
        self.count += 1
        program = Program(f"dotring-{self.count}", [*self.command, *arguments], self.folder)
        self.programs.append(program)
        program.wait_for_log(f'"event":"{text}"')
        return program

    def restart(self):
        """The next one answers, and the one before has ended in order."""
        before = self.running
        self.running = self._start("took_over", "--takeover")
        before.wait()

    def end(self):
        for program in self.programs:
            program.kill()


def load(arguments, generations, transport, clients):
    """dotring-flood, which lasts longer than all restarts."""
    seconds = 2 + SECONDS_EACH * arguments.restarts
    options = ["-m", transport, "-c", clients, "-Q", arguments.rate, "-l", seconds, "--names", NAMES, "-t", 5]
    command = [arguments.bin / "dotring-flood", "--json", "-s", HOST, "-p", generations.port, *options]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)


def measure(arguments, folder, transport, clients):
    generations = Generations(arguments.bin, folder)
    try:
        flood = load(arguments, generations, transport, clients)
        for _ in range(arguments.restarts):
            generations.restart()
        if flood.poll() is not None:
            raise RuntimeError("the load ended before the last restart: raise SECONDS_EACH")
        report = report_of(flood.communicate(timeout=60)[0])
    finally:
        generations.end()
    wrong = report["answered"] - right_answers(report) + report["unexpected"] + report["mismatched"]
    unanswered = report["sent"] - report["answered"]
    latency = report["latency_from_due_us"]
    figures = [
        ("restarts", arguments.restarts),
        ("queries", report["sent"]),
        ("seconds", f"{report['duration_s']:.1f}"),
        ("unanswered", unanswered),
        ("answered wrong", wrong),
        ("p99, longest, µs", f"{latency['p99']:,.0f}, {latency['max']:,.0f}"),
    ]
    return figures, unanswered == 0 and wrong == 0


def measure_udp(arguments, folder):
    return measure(arguments, folder, "udp", clients=50)


def measure_tcp(arguments, folder):
    return measure(arguments, folder, "tcp", clients=200)
