"""More than one Redis: a cluster of three masters, a master with a replica and three sentinels; all on the source's core.

Each has what one Redis has for those that use it: url, servers (how many dotring connects to), stop().
"""

import subprocess
import time

from comparison.processes import HOST, Pinned, accepts, free_port
from comparison.redis import Redis
from comparison.servers import SOURCE_CORE

READY_S = 30


def wait_until(condition, what):
    end = time.monotonic() + READY_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"waited {READY_S} s in vain: {what}")
        time.sleep(0.05)


class Cluster:
    """What is lost with a node is not replaced: its slots are answered again when it is back."""

    servers = 3

    def __init__(self, folder):
        options = ("--cluster-enabled", "yes", "--cluster-require-full-coverage", "no", "--cluster-node-timeout", 2000)
        self.nodes = []
        for number in range(self.servers):
            own = ("--cluster-config-file", f"nodes-{free_port()}.conf", "--cluster-port", free_port())
            self.nodes.append(Redis(folder, *options, *own))
        first, *others = self.nodes
        for number, node in enumerate(self.nodes):
            last = 16383 if node is self.nodes[-1] else 5461 * number + 5460
            node.cli("cluster", "addslotsrange", 5461 * number, last)
            node.cli("cluster", "set-config-epoch", number + 1)
        for node in others:
            first.cli("cluster", "meet", HOST, node.port, node.cli("config", "get", "cluster-port").split()[-1])
        for node in self.nodes:
            wait_until(lambda node=node: "cluster_slots_ok:16384" in node.cli("cluster", "info"), "a whole cluster")

    @property
    def url(self):
        return "redis+cluster://" + ",".join(f"{HOST}:{node.port}" for node in self.nodes)

    def stop(self):
        for node in self.nodes:
            node.stop()


class Sentinels:
    servers = 1

    def __init__(self, folder):
        self.master = Redis(folder)
        self.replica = Redis(folder, "--replicaof", f"{HOST} {self.master.port}")
        self._ports = [free_port() for _ in range(3)]
        self._sentinels = [self._start(folder, port) for port in self._ports]
        for port in self._ports:
            wait_until(lambda port=port: "slaves=1,sentinels=3" in self._info(port), "sentinels that know each other")

    def _start(self, folder, port):
        path = folder / f"sentinel-{port}.conf"
        path.write_text(
            f"port {port}\nbind {HOST}\ndir {folder}\nsentinel monitor master {HOST} {self.master.port} 2\n"
            "sentinel down-after-milliseconds master 1000\nsentinel failover-timeout master 5000\n"
        )
        process = Pinned("sentinel", ["redis-server", path, "--sentinel"], SOURCE_CORE, folder)
        process.wait_until(lambda: accepts(port), "port")
        return process

    @staticmethod
    def _info(port):
        return subprocess.run(["redis-cli", "-p", str(port), "info", "sentinel"], capture_output=True, text=True).stdout

    @property
    def url(self):
        return "redis+sentinel://" + ",".join(f"{HOST}:{port}" for port in self._ports) + "/master"

    def stop(self):
        for one in [*self._sentinels, self.master, self.replica]:
            one.stop()
