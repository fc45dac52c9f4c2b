"""Debian's redis-server as the tests need it: on a port, a unix socket, with TLS; clusters and sentinels."""

import contextlib
import subprocess
import threading

from harness import ports
from harness.servers import HOST, available
from harness.waiting import wait_for

PASSWORD = "secret-of-the-test"

# Options of a dotring that finds what Redis has: however long a busy machine stands still, it is not Redis that is
# at fault, and nobody else is asked meanwhile.
PATIENT_WITH_REDIS = {
    "query.fetch_grace_ms": 30_000,
    "redis.breaker_silent_ms": 30_000,
    "redis.breaker_slow_us": 30_000_000,
    "redis.response_timeout_ms": 30_000,
    "redis.wait_min_us": 1_000_000,
    "redis.wait_us": 1_000_000,
    "upstream.timeout_ms": 30_000,
}


class Redis:
    """One server; nothing is written to disk. `options`: of redis-server, without dashes.

    `program` may be valkey-server: it takes the same options. `name`: what its certificate is for.
    """

    def __init__(
        self,
        stage,
        authority=None,
        password=None,
        unix=False,
        port=None,
        program="redis-server",
        name=HOST,
        **options,
    ):
        self._stage = stage
        self.authority = authority
        self.password = password
        self.port = port or ports.free_port()
        self.unix_path = stage.folder / f"redis-{self.port}.sock" if unix else None
        settings = {"save": "", "appendonly": "no", "bind": HOST, "dir": stage.folder}
        settings["tls-port" if authority else "port"] = self.port
        if authority:
            certificate = authority.issue(name)
            settings |= {"port": 0, "tls-cert-file": certificate.chain, "tls-key-file": certificate.key}
            settings |= {"tls-ca-cert-file": authority.path, "tls-auth-clients": "no"}
        if unix:
            settings["unixsocket"] = self.unix_path
        if password:
            settings["requirepass"] = password
        settings |= {name.replace("_", "-"): value for name, value in options.items()}
        self._command = [available(program)]
        for name, value in settings.items():
            self._command += [f"--{name}", str(value)]
        self.start()

    def start(self):
        """Again, after kill(): empty."""
        self.process = self._stage.start("redis", self._command)
        self.process.wait_for(self.answers, "PONG")

    @property
    def url(self):
        if self.unix_path:
            return f"unix://{self.unix_path}"
        return f"{'rediss' if self.authority else 'redis'}://{HOST}:{self.port}"

    def _client(self, *arguments):
        command = ["redis-cli", "-h", HOST, "-p", self.port]
        if self.authority:
            command += ["--tls", "--cacert", self.authority.path]
        if self.password:
            command += ["-a", self.password, "--no-auth-warning"]
        return [str(part) for part in command + list(arguments)]

    def cli(self, *arguments, check=True):
        """Standard output of redis-cli."""
        done = subprocess.run(self._client(*arguments), capture_output=True, timeout=30)
        text = done.stdout.decode(errors="replace")
        assert done.returncode == 0 or not check, f"redis-cli {arguments}: {text}{done.stderr}"
        return text.strip()

    def answers(self):
        return self.cli("ping", check=False) == "PONG"

    def keys(self):
        return self.cli("--scan").split()

    def answer_keys(self):
        return [key for key in self.keys() if not key.endswith("flushes")]

    def octets(self, key):
        """The value itself."""
        done = subprocess.run(self._client("--raw", "get", key), capture_output=True, timeout=30)
        return done.stdout.removesuffix(b"\n")

    @contextlib.contextmanager
    def monitor(self):
        """What MONITOR shows, as a function that gives the text until now."""
        seen = Monitor(self._client("monitor"))
        try:
            wait_for(lambda: "OK" in seen.text(), "MONITOR")
            yield seen.text
        finally:
            seen.end()


class Cluster:
    """Three masters that share the slots; what is lost with one is not replaced."""

    def __init__(self, stage):
        options = {"cluster_enabled": "yes", "cluster_require_full_coverage": "no", "cluster_node_timeout": 2000}
        self.nodes = []
        for number in range(3):
            port = ports.free_port()
            extra = {"cluster_config_file": f"nodes-{port}.conf", "cluster_port": ports.free_port()}
            self.nodes.append(Redis(stage, port=port, **options, **extra))
        first, *others = self.nodes
        for number, node in enumerate(self.nodes):
            node.cli("cluster", "addslotsrange", 5461 * number, 16383 if number == 2 else 5461 * number + 5460)
            node.cli("cluster", "set-config-epoch", number + 1)
        for node in others:
            bus = node.cli("config", "get", "cluster-port").split()[-1]
            first.cli("cluster", "meet", HOST, node.port, bus)
        for node in self.nodes:
            wait_for(lambda node=node: self._is_whole(node), "the cluster is whole")

    @staticmethod
    def _is_whole(node):
        info = node.cli("cluster", "info")
        return "cluster_state:ok" in info and "cluster_slots_ok:16384" in info

    @property
    def url(self):
        return "redis+cluster://" + ",".join(f"{HOST}:{node.port}" for node in self.nodes)

    def answer_keys(self):
        return [key for node in self.nodes for key in node.answer_keys()]


class Sentinels:
    """A master with a replica, and three sentinels that watch them."""

    NAME = "mymaster"

    def __init__(self, stage):
        self.master = Redis(stage)
        self.replica = Redis(stage, replicaof=f"{HOST} {self.master.port}")
        self._ports = [ports.free_port() for _ in range(3)]
        for port in self._ports:
            # Sentinels write their configuration anew: each has a file of its own.
            path = stage.file(f"sentinel-{port}.conf", self._configuration(stage, port))
            stage.start("sentinel", [available("redis-server"), path, "--sentinel"])
        for port in self._ports:
            wait_for(lambda port=port: "slaves=1,sentinels=3" in self._ask(port, "info", "sentinel"), "all know all")
        wait_for(lambda: "state=online" in self.master.cli("info", "replication"), "the replica follows")

    def _configuration(self, stage, port):
        lines = [
            f"port {port}",
            f"bind {HOST}",
            f"dir {stage.folder}",
            f"sentinel monitor {self.NAME} {HOST} {self.master.port} 2",
            f"sentinel down-after-milliseconds {self.NAME} 1000",
            f"sentinel failover-timeout {self.NAME} 5000",
        ]
        return "\n".join(lines) + "\n"

    @staticmethod
    def _ask(port, *words):
        done = subprocess.run(["redis-cli", "-h", HOST, "-p", str(port), *words], capture_output=True, timeout=30)
        return done.stdout.decode(errors="replace")

    def fail_over(self):
        """The replica becomes master, as an operator asks for it."""
        wait_for(lambda: "OK" in self._ask(self._ports[0], "sentinel", "failover", self.NAME), "a failover is begun")

    @property
    def url(self):
        return f"redis+sentinel://{','.join(f'{HOST}:{port}' for port in self._ports)}/{self.NAME}"


class Monitor:
    def __init__(self, command):
        self._octets = b""
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while piece := self._process.stdout.read1(65536):
            self._octets += piece

    def text(self):
        return self._octets.decode(errors="replace")

    def end(self):
        self._process.kill()
        self._process.wait()
