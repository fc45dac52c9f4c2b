"""Debian's redis-server as the tests need it: on a port, a unix socket, with TLS; and what stands in its way."""

import contextlib
import socket
import subprocess
import threading
import time

from harness import ports
from harness.servers import HOST, available
from harness.waiting import wait_for

PASSWORD = "secret-of-the-test"


class Redis:
    """One server; nothing is written to disk. `options`: of redis-server, without dashes."""

    def __init__(self, stage, authority=None, password=None, unix=False, port=None, **options):
        self._stage = stage
        self.authority = authority
        self.password = password
        self.port = port or ports.free_port()
        self.unix_path = stage.folder / f"redis-{self.port}.sock" if unix else None
        settings = {"save": "", "appendonly": "no", "bind": HOST, "dir": stage.folder}
        settings["tls-port" if authority else "port"] = self.port
        if authority:
            certificate = authority.issue(HOST)
            settings |= {"port": 0, "tls-cert-file": certificate.chain, "tls-key-file": certificate.key}
            settings |= {"tls-ca-cert-file": authority.path, "tls-auth-clients": "no"}
        if unix:
            settings["unixsocket"] = self.unix_path
        if password:
            settings["requirepass"] = password
        settings |= {name.replace("_", "-"): value for name, value in options.items()}
        self._command = [available("redis-server")]
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


class TcpServer:
    """Accepts on a free port and hands each connection to serve(), on a thread of its own."""

    def __init__(self, stage):
        self._listener = socket.create_server((HOST, 0), backlog=64)
        self._sockets = []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        stage.at_end(self.close)

    @property
    def url(self):
        return f"redis://{HOST}:{self.port}"

    def close(self):
        for one in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        with contextlib.suppress(OSError):
            self.serve(connection)
        with contextlib.suppress(OSError):
            connection.close()


class Garbage(TcpServer):
    """Answers everything with octets that are no replies."""

    def serve(self, connection):
        while connection.recv(65536):
            connection.sendall(b"\x00\xffHTTP/1.1 418 no Redis here\r\n\r\n" * 10)


class Delayed(TcpServer):
    """A Redis whose replies come `delay_s` later than they should; the delay may change any time."""

    def __init__(self, stage, redis, delay_s=0.0):
        self._redis = redis
        self.delay_s = delay_s
        super().__init__(stage)

    def serve(self, connection):
        with socket.create_connection((HOST, self._redis.port)) as server:
            self._sockets.append(server)
            threading.Thread(target=self._replies, args=(server, connection), daemon=True).start()
            while octets := connection.recv(65536):
                server.sendall(octets)

    def _replies(self, server, connection):
        queue, ready = [], threading.Condition()

        def deliver():
            while True:
                with ready:
                    ready.wait_for(lambda: queue)
                    due, octets = queue.pop(0)
                if octets is None:
                    return
                time.sleep(max(0.0, due - time.monotonic()))
                with contextlib.suppress(OSError):
                    connection.sendall(octets)

        threading.Thread(target=deliver, daemon=True).start()
        octets = b"x"
        while octets:
            try:
                octets = server.recv(65536)
            except OSError:
                octets = b""
            with ready:
                queue.append((time.monotonic() + self.delay_s, octets or None))
                ready.notify()
