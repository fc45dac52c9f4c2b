"""The servers that other tests stand on answer over DoT as those tests assume."""

import pytest
from harness import client, servers
from harness.dotring import Responder
from harness.upstream import PythonUpstream


def start(kind, stage, authority):
    if kind == "responder":
        return Responder(stage, authority, "--rule", "nothing.zone.example:rcode=nxdomain", "--rule", "www*:records=1")
    if kind == "python":
        return PythonUpstream(stage, authority)
    if not servers.available(kind):
        pytest.skip(f"this machine has no {kind}")
    if kind == "kresd":
        return servers.KnotResolver(stage, authority)
    unbound = servers.Unbound(stage, authority)
    return unbound if kind == "unbound" else servers.Dnsdist(stage, authority, unbound)


def kdig_tls(server, *arguments):
    return client.kdig(
        (servers.HOST, server.port),
        "+tls",
        f"+tls-ca={server.authority.path}",
        f"+tls-hostname={servers.AUTH_NAME}",
        *arguments,
    )


@pytest.mark.parametrize("kind", ["unbound", "kresd", "dnsdist", "responder", "python"])
def test_they_answer_over_tls(kind, stage, authority):
    server = start(kind, stage, authority)
    answer = kdig_tls(server, "www.zone.example", "A")
    assert "status: NOERROR" in answer and "ANSWER: 0" not in answer
    if kind != "python":
        answer = kdig_tls(server, "nothing.zone.example", "A")
        assert "status: NXDOMAIN" in answer and "SOA" in answer


def test_the_python_upstream_tells_what_it_saw(stage, authority):
    server = PythonUpstream(stage, authority)
    kdig_tls(server, "www.zone.example", "A", "+padding=64")
    (asked,) = server.asked
    assert asked.name == "www.zone.example"
    assert asked.connection.server_name == servers.AUTH_NAME
    assert asked.connection.tls_version == "TLSv1.3"
    assert 12 in asked.options  # padding
