"""dotring and dotring-responder as the tests start them."""

import os
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

from harness import client, ports
from harness.servers import AUTH_NAME, HOST, TlsServer, name_of

ROOT = pathlib.Path(__file__).parents[3]
BIN_DIR = pathlib.Path(os.environ.get("DOTRING_BIN_DIR", ROOT / "build" / "bin"))

# Under a sanitizer its report, not the exit status alone, must be seen: the programs end with this one.
SANITIZER_STATUS = 99
ENVIRONMENT = {
    "ASAN_OPTIONS": f"exitcode={SANITIZER_STATUS}:detect_leaks=1",
    "UBSAN_OPTIONS": f"exitcode={SANITIZER_STATUS}:print_stacktrace=1",
}

# A question is not asked again because it takes long: by the default a busy machine has some asked twice.
ASKED_ONCE = {"upstream.patience_min_ms": 60_000, "upstream.patience_unmeasured_ms": 60_000}

# Options of a dotring that asks nothing again because it takes long, and gives up nothing.
PATIENT = {"engine.workers": 1, "life.drain_ms": 0, "upstream.timeout_ms": 60_000, **ASKED_ONCE}

# Whatever proxy the environment names is not for loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def program(name):
    return BIN_DIR / name


class Dotring:
    """A running dotring. Options are configuration keys: {"cache.memory": "16MiB"}; lists are joined.

    `prefix` is a command that runs it, as in `nice`. `after` is another one that it takes over from. `manager` is
    what started it, as systemd does (manager.py).
    """

    def __init__(
        self,
        stage,
        upstreams=(),
        options=None,
        listen=(HOST,),
        wait=True,
        environment=None,
        prefix=(),
        after=None,
        manager=None,
        arguments=(),
        port=None,
    ):
        self.port = port or (after.port if after else manager.port if manager else ports.free_port())
        self.admin_port = after.admin_port if after else ports.free_port()
        settings = {
            "listen.dns": [f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}" for host in listen],
            "admin.listen": f"{HOST}:{self.admin_port}",
            "control.socket": "",
            "upstream.servers": [upstream.url for upstream in upstreams],
            "engine.workers": 2,
            "log.level": "debug",
        }
        if upstreams:
            settings["upstream.ca_file"] = upstreams[0].authority.path
        else:
            # Nobody listens there: whoever asks upstream without being told to, fails.
            settings["upstream.servers"] = f"tls://{HOST}:{ports.free_port()}#{AUTH_NAME}"
        settings.update(options or {})
        command = [*prefix, program("dotring"), *arguments_of(settings), *(["--takeover"] if after else []), *arguments]
        environment = {**ENVIRONMENT, **(environment or {})}
        if manager:
            self.process = manager.start(stage, command, environment)
        else:
            self.process = stage.start("dotring", command, environment)
        self.ended_by_test = False
        stage.at_end(self.end)
        if wait and after:
            self.process.wait_for_log("took_over")
        elif wait:
            self.wait_until_ready()

    @property
    def server(self):
        return (HOST, self.port)

    def wait_until_ready(self):
        self.process.wait_for(lambda: self.page("/readyz")[0] == 200, "ready")

    def wait_until_up(self, *upstreams):
        """Each worker has a stream to each of them: ready is dotring already when it only listens."""

        def up():
            page = self.metrics()
            names, state = map(name_of, upstreams), "dotring_upstream_state"
            return all(page.sum(state, server=name, state="up") == page.sum(state, server=name) > 0 for name in names)

        self.process.wait_for(up, "the upstreams are up")

    def end(self):
        """Every test ends with a dotring that ends as it should, unless the test ended it itself."""
        if self.ended_by_test:
            return
        self.ended_by_test = True
        status = self.process.status
        assert status is None, f"dotring ended with {status}\n{self.process.log()}"
        status = self.process.stop()
        assert status == 0, f"dotring ended with {status} after SIGTERM\n{self.process.log()}"

    def stop(self):
        """The exit status after SIGTERM."""
        self.ended_by_test = True
        return self.process.stop()

    def ask(self, name, kind="A", **options):
        """By UDP."""
        return client.ask_udp(self.server, client.query(name, kind, **options))

    def ask_tcp(self, name, kind="A", **options):
        return client.ask_tcp(self.server, client.query(name, kind, **options))

    def page(self, path):
        """(status, text) of an admin page; status 0 when nobody answers."""
        try:
            with _opener.open(f"http://{HOST}:{self.admin_port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def post(self, path, headers=None):
        """(status, text) of an admin action."""
        url = f"http://{HOST}:{self.admin_port}{path}"
        request = urllib.request.Request(url, method="POST", headers=headers or {})
        try:
            with _opener.open(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics_text(self):
        return self.page("/metrics")[1]

    def metrics(self):
        return Metrics(self.page("/metrics")[1])

    def of_upstream(self, upstream, metric, **labels):
        return self.metrics().sum(f"dotring_upstream_{metric}", server=name_of(upstream), **labels)


class Metrics:
    """The Prometheus page, parsed strictly: a line that is not of the format fails."""

    SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
    LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')

    def __init__(self, text):
        self.samples = []
        self.types = {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:4]
                self.types[name] = kind
            elif line and not line.startswith("#"):
                name, labels, value = self.SAMPLE.match(line).groups()
                self.samples.append((name, dict(self.LABEL.findall(labels or "")), float(value)))

    def sum(self, name, **labels):
        """Over all samples of that name with these labels; fails when there is none of that name at all."""
        found = [
            (sample_labels, value) for sample_name, sample_labels, value in self.samples if sample_name == name
        ]
        assert found, f"no metric {name}; there are {sorted({sample[0] for sample in self.samples})}"
        return sum(value for sample_labels, value in found if labels.items() <= sample_labels.items())


class Responder(TlsServer):
    """dotring-responder over DoT, UDP and TCP on one port each."""

    def __init__(self, stage, authority, *options, port=None, name=AUTH_NAME, certificate=None):
        super().__init__(authority, port or ports.free_port(), name)
        self.plain_port = ports.free_port()
        certificate = certificate or authority.issue(name, HOST)
        self.process = stage.start(
            "responder",
            [
                program("dotring-responder"),
                "--tls", f"{HOST}:{self.port}", "--cert", certificate.chain, "--key", certificate.key,
                "--udp", f"{HOST}:{self.plain_port}", "--tcp", f"{HOST}:{self.plain_port}",
                *options,
            ],
            ENVIRONMENT,
        )  # fmt: skip
        self.process.wait_for_log("ready")

    @property
    def plain(self):
        return (HOST, self.plain_port)


def arguments_of(settings):
    def text(value):
        return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)

    return [f"--{key}={text(value)}" for key, value in settings.items() if value is not None]


def run_once(settings=None, *arguments, environment=None, preexec=None, prefix=()):
    """Runs dotring to its end: (status, output of both streams). `prefix` as above."""
    done = subprocess.run(
        [*prefix, program("dotring"), *arguments_of(settings or {}), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        env=dict(os.environ, **ENVIRONMENT, **(environment or {})),
        preexec_fn=preexec,
    )
    return done.returncode, done.stdout

