"""Real DoT servers on loopback with a zone of their own: Unbound, Knot Resolver, dnsdist before Unbound.

Each is ready when its constructor returns, serves ZONE, and counts what it was asked.
"""

import shutil
import ssl

from harness import client, ports

AUTH_NAME = "resolver.test"
HOST = "127.0.0.1"

# A zone with one of everything the tests ask for. Long answers: big.zone.example (TXT, about 3,000 octets).
ZONE_NAME = "zone.example"
ZONE = f"""\
$ORIGIN {ZONE_NAME}.
$TTL 300
@       SOA     ns hostmaster 1 3600 600 86400 60
        NS      ns
        MX      10 mail
ns      A       192.0.2.53
www     A       192.0.2.1
        A       192.0.2.2
        AAAA    2001:db8::1
mail    A       192.0.2.25
alias   CNAME   www
*.wild  A       192.0.2.77
odd     TYPE65534 \\# 4 01020304
caa     CAA     0 issue "ca.example.net"
signed  A       192.0.2.5
        RRSIG   A 13 3 300 20380101000000 20230101000000 12345 {ZONE_NAME}. c2lnbmF0dXJl
""" + "".join(f'big     TXT     "{index:03d}{"x" * 200}"\n' for index in range(15)) + "short 2 A 192.0.2.99\n"


def available(program):
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def tls_answers(port, authority):
    """Whether a TLS handshake with the certificate's check succeeds."""
    context = ssl.create_default_context(cafile=str(authority.path))
    try:
        with client.socket.create_connection((HOST, port), 5) as plain:
            with context.wrap_socket(plain, server_hostname=AUTH_NAME):
                return True
    except OSError:
        return False


def name_of(upstream):
    """As metrics and logs call it."""
    return upstream.url.removeprefix("tls://")


class TlsServer:
    """What every upstream of a test has: a port, an authority, a log."""

    def __init__(self, authority, port, name=AUTH_NAME):
        self.authority = authority
        self.port = port
        self.name = name

    @property
    def url(self):
        return f"tls://{HOST}:{self.port}#{self.name}"

    def wait_until_ready(self):
        self.process.wait_for(lambda: tls_answers(self.port, self.authority), "TLS handshake")


class Unbound(TlsServer):
    """DoT and plain DNS (for dnsdist) with ZONE as an authoritative zone; every query is in its log."""

    def __init__(self, stage, authority, certificate=None, port=None):
        super().__init__(authority, port or ports.free_port())
        self.plain_port = ports.free_port()
        certificate = certificate or authority.issue(AUTH_NAME, HOST)
        name = f"unbound-{self.port}"
        zone = stage.file(f"{name}.zone", ZONE)
        configuration = stage.file(
            f"{name}.conf",
            f"""
server:
  interface: {HOST}@{self.port}
  interface: {HOST}@{self.plain_port}
  tls-port: {self.port}
  tls-service-pem: "{certificate.chain}"
  tls-service-key: "{certificate.key}"
  chroot: ""
  username: ""
  directory: "{stage.folder}"
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  log-queries: yes
  log-tag-queryreply: yes
  verbosity: 1
  num-threads: 1
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow
auth-zone:
  name: "{ZONE_NAME}."
  zonefile: "{zone}"
  for-downstream: yes
  for-upstream: yes
remote-control:
  control-enable: no
""",
        )
        self.process = stage.start("unbound", [available("unbound"), "-d", "-c", configuration])
        self.wait_until_ready()

    def times_asked(self, name, kind="A"):
        """How often this question came."""
        return self.process.log().count(f" {name}. {kind} IN\n")


class KnotResolver(TlsServer):
    """kresd with static answers: www.example.test and nothing else (NXDOMAIN)."""

    def __init__(self, stage, authority, port=None):
        super().__init__(authority, port or ports.free_port())
        certificate = authority.issue(AUTH_NAME, HOST)
        folder = stage.folder / f"kresd-{self.port}"
        folder.mkdir()
        configuration = stage.file(
            f"kresd-{self.port}.conf",
            f"""
net.ipv6 = false
net.listen('{HOST}', {self.port}, {{ kind = 'tls' }})
net.tls('{certificate.chain}', '{certificate.key}')
trust_anchors.remove('.')
modules = {{ 'hints > iterate', 'policy' }}
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
modules.unload('detect_time_skew')
hints.use_nodata(true)
hints.ttl(300)
hints['www.{ZONE_NAME}'] = '192.0.2.1'
policy.add(policy.domains(policy.PASS, {{ todname('www.{ZONE_NAME}') }}))
policy.add(policy.all(policy.DENY))
cache.size = 10 * MB
log_level('info')
""",
        )
        self.process = stage.start("kresd", [available("kresd"), "-n", "-c", configuration, folder])
        self.wait_until_ready()


class Dnsdist(TlsServer):
    """dnsdist as DoT front of an Unbound, without a cache."""

    def __init__(self, stage, authority, unbound, port=None):
        super().__init__(authority, port or ports.free_port())
        self.unbound = unbound
        certificate = authority.issue(AUTH_NAME, HOST)
        configuration = stage.file(
            f"dnsdist-{self.port}.conf",
            f"""
setSecurityPollSuffix("")
setLocal("{HOST}:{ports.free_port()}")
addTLSLocal("{HOST}:{self.port}", "{certificate.chain}", "{certificate.key}")
newServer({{ address = "{HOST}:{unbound.plain_port}" }}):setUp()
""",
        )
        self.process = stage.start(
            "dnsdist", [available("dnsdist"), "--supervised", "--disable-syslog", "-C", configuration]
        )
        self.wait_until_ready()
