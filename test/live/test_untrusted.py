"""Servers that speak no TLS, or cannot prove who they are: nothing is sent to them, least of all in clear text."""

import datetime
import socket
import ssl
import threading

from harness import client, servers
from harness.certificates import Authority
from harness.dotring import Dotring, Responder
from harness.upstream import PythonUpstream

DAY = datetime.timedelta(days=1)
NEVER_OPENED = {
    "upstream_certificate_refused": "certificates_refused",
    "upstream_handshake_failed": "handshakes_failed",
}


def check_never_opened(stage, upstream, kind):
    """No stream opens: the failures are of this kind, counted, and logged at most once per back-off."""
    dotring = Dotring(stage, [upstream], {"upstream.timeout_ms": 1000})
    assert client.unanswered(dotring.ask("www.zone.example", use_edns=0))
    dotring.process.wait_for_log(kind)
    events = [line for line in dotring.process.log().splitlines() if any(other in line for other in NEVER_OPENED)]
    # What has been logged was counted before.
    page = dotring.metrics()
    counted = {other: page.sum(f"dotring_upstream_{metric}_total") for other, metric in NEVER_OPENED.items()}
    assert sum(counted.values()) == counted[kind]
    assert 1 <= len(events) <= counted[kind]
    assert all(kind in line for line in events)


class TestHandshakes:
    """No TLS, or none that both sides speak: nobody goes and looks at certificates because of it."""

    def test_only_an_old_version(self, stage, authority):
        upstream = PythonUpstream(stage, authority)
        upstream.accept_only(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
        check_never_opened(stage, upstream, "upstream_handshake_failed")
        assert not upstream.asked

    def test_no_cipher_in_common(self, stage, authority):
        upstream = PythonUpstream(stage, authority)
        upstream.accept_only(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-SHA384")
        check_never_opened(stage, upstream, "upstream_handshake_failed")
        assert not upstream.asked

    def test_no_tls(self, stage, authority):
        upstream = Responder(stage, authority, "--tls-fault", "garbage")
        check_never_opened(stage, upstream, "upstream_handshake_failed")


class TestCertificates:
    """A certificate that is not accepted: no query is sent, it is logged once per back-off and counted."""

    def check_refused(self, stage, upstream):
        check_never_opened(stage, upstream, "upstream_certificate_refused")
        assert not upstream.asked

    def test_signed_by_somebody_else(self, stage, authority, tmp_path):
        other = Authority(tmp_path, "somebody else")
        self.check_refused(stage, PythonUpstream(stage, authority, certificate=other.issue(servers.AUTH_NAME)))

    def test_expired(self, stage, authority):
        certificate = authority.issue(servers.AUTH_NAME, starts=-20 * DAY, ends=-DAY)
        self.check_refused(stage, PythonUpstream(stage, authority, certificate=certificate))

    def test_not_valid_yet(self, stage, authority):
        certificate = authority.issue(servers.AUTH_NAME, starts=DAY, ends=20 * DAY)
        self.check_refused(stage, PythonUpstream(stage, authority, certificate=certificate))

    def test_for_another_name(self, stage, authority):
        certificate = authority.issue("another.test")
        self.check_refused(stage, PythonUpstream(stage, authority, certificate=certificate))

    def test_for_another_address(self, stage, authority):
        upstream = PythonUpstream(stage, authority, certificate=authority.issue("another.test", "192.0.2.1"))
        upstream.name = servers.HOST
        self.check_refused(stage, upstream)

    def test_the_right_address_is_enough(self, stage, authority):
        upstream = PythonUpstream(stage, authority, certificate=authority.issue(servers.HOST))
        upstream.name = servers.HOST
        assert client.addresses(Dotring(stage, [upstream]).ask("www.zone.example"))

    def test_never_in_clear_text(self, stage, authority):
        """A server that speaks plain TCP on the port sees a TLS handshake and nothing else."""
        first_octets = []
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve():
                while True:
                    try:
                        connection, _ = listener.accept()
                    except OSError:
                        return
                    first_octets.append(connection.recv(4096))
                    connection.close()

            threading.Thread(target=serve, daemon=True).start()
            upstream = servers.TlsServer(authority, listener.getsockname()[1])
            dotring = Dotring(stage, [upstream], {"upstream.timeout_ms": 1000})
            assert client.rcode(dotring.ask("www.zone.example")) == "SERVFAIL"
            listener.shutdown(socket.SHUT_RDWR)
        assert first_octets
        for octets in first_octets:
            assert octets[:1] in (b"", b"\x16")  # a TLS handshake record
            assert b"zone" not in octets
