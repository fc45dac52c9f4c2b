"""The servers that are compared, each with one worker on one core, configured as its manual advises for speed.

All forward to the same dotring-responder over TLS, check its certificate, and have room for every answer.
"""

import shutil

from comparison.processes import HOST, Pinned, accepts, answers, free_port

SERVER_CORE = 0
SOURCE_CORE = 1  # and the upstream
AUTH_NAME = "responder.bench"
IN_FLIGHT_MAX = 1000
CACHED_ANSWERS_MAX = 2_000_000
UNKEPT_FIRST = 0xE0000000  # the first name (eight hexadecimal digits) whose answer nobody may keep


class Upstream:
    """dotring-responder: answers every name with one A record, TTL one day, or 0 from UNKEPT_FIRST on."""

    def __init__(self, bin_dir, folder):
        self.port = free_port()
        self.ca_path = folder / "ca.pem"
        self.process = Pinned(
            "responder",
            [
                bin_dir / "dotring-responder",
                "--tls", f"{HOST}:{self.port}", "--make-cert", AUTH_NAME, "--write-ca", self.ca_path,
                "--default", "ttl=86400", "--rule", f"{UNKEPT_FIRST:x}"[0] + "*.example:ttl=0",
            ],
            SOURCE_CORE,
            folder,
        )  # fmt: skip
        self.process.wait_until(lambda: self.ca_path.exists() and accepts(self.port), "TLS port")


class Server:
    """One of the compared: start() it, ask on `port`."""

    name = ""

    def __init__(self, bin_dir, folder, upstream):
        self.bin_dir = bin_dir
        self.folder = folder
        self.upstream = upstream
        self.port = free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def launch(self):
        self.process = Pinned(self.name, self.command(), SERVER_CORE, self.folder)

    def start(self):
        self.launch()
        self.wait_until_ready()

    def restart(self):
        self.stop()
        self.start()

    def wait_until_ready(self):
        self.process.wait_until(lambda: answers(self.port), "first answer")

    def stop(self):
        self.process.stop()


class Dotring(Server):
    name = "dotring"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.admin_port = free_port()

    def command(self):
        return [
            self.bin_dir / "dotring",
            f"--listen.dns={HOST}:{self.port}",
            f"--admin.listen={HOST}:{self.admin_port}",
            f"--upstream.servers=tls://{HOST}:{self.upstream.port}#{AUTH_NAME}",
            f"--upstream.ca_file={self.upstream.ca_path}",
            "--cache.memory=512MiB",
            "--engine.workers=1",
        ]


class Dnsdist(Server):
    """One listener thread and one TCP thread; out-of-order answers on both sides, as pipelining needs."""

    name = "dnsdist"

    def command(self):
        path = self.folder / "dnsdist.conf"
        path.write_text(
            f"""
setSecurityPollSuffix("")
setMaxTCPClientThreads(1)
setMaxUDPOutstanding(65535)
setLocal("{HOST}:{self.port}", {{ maxInFlight = {IN_FLIGHT_MAX}, tcpListenQueueSize = 512 }})
setACL("127.0.0.0/8")
newServer({{
  address = "{HOST}:{self.upstream.port}", tls = "openssl", subjectName = "{AUTH_NAME}",
  caStore = "{self.upstream.ca_path}", validateCertificates = true, maxInFlight = {IN_FLIGHT_MAX}
}}):setUp()
getPool(""):setCache(newPacketCache({CACHED_ANSWERS_MAX}, {{ maxTTL = 86400 }}))
"""
        )
        return [shutil.which("dnsdist"), "--supervised", "--disable-syslog", "-C", path]


class Unbound(Server):
    """One thread, no validation, upstream connections reused without limit."""

    name = "unbound"

    def command(self):
        path = self.folder / "unbound.conf"
        path.write_text(
            f"""
server:
  interface: {HOST}@{self.port}
  access-control: 127.0.0.0/8 allow
  chroot: ""
  username: ""
  directory: "{self.folder}"
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  verbosity: 0
  num-threads: 1
  module-config: "iterator"
  so-reuseport: yes
  so-rcvbuf: 4m
  so-sndbuf: 4m
  msg-cache-size: 1g
  rrset-cache-size: 1g
  msg-cache-slabs: 1
  rrset-cache-slabs: 1
  infra-cache-slabs: 1
  outgoing-range: 8192
  num-queries-per-thread: 4096
  incoming-num-tcp: 100
  outgoing-num-tcp: 10
  max-reuse-tcp-queries: 1000000000
  tcp-reuse-timeout: 3600000
  do-not-query-localhost: no
  tls-cert-bundle: "{self.upstream.ca_path}"
forward-zone:
  name: "."
  forward-tls-upstream: yes
  forward-addr: {HOST}@{self.upstream.port}#{AUTH_NAME}
remote-control:
  control-enable: no
"""
        )
        return [shutil.which("unbound", path="/usr/sbin:/usr/bin"), "-d", "-c", path]


class Echo(Server):
    """The floor: recvmmsg and sendmmsg, nothing else."""

    name = "echo"

    def command(self):
        return [self.bin_dir / "dotring-echo", HOST, self.port]

    def wait_until_ready(self):
        pass  # it binds before anybody can have started to ask


COMPARED = (Dotring, Dnsdist, Unbound)
