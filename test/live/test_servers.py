"""The real servers themselves answer over DoT as the other tests assume."""

import pytest
from harness import client, servers


def kdig_tls(server, *arguments):
    return client.kdig(
        (servers.HOST, server.port),
        "+tls",
        f"+tls-ca={server.authority.path}",
        f"+tls-hostname={servers.AUTH_NAME}",
        *arguments,
    )


def start(kind, stage, authority, unbound):
    if kind == "unbound":
        return unbound
    if not servers.available(kind):
        pytest.skip(f"this machine has no {kind}")
    if kind == "kresd":
        return servers.KnotResolver(stage, authority)
    return servers.Dnsdist(stage, authority, unbound)


@pytest.mark.parametrize("kind", ["unbound", "kresd", "dnsdist"])
def test_they_answer_over_tls(kind, stage, authority, unbound):
    server = start(kind, stage, authority, unbound)
    answer = kdig_tls(server, "www.zone.example", "A")
    assert "status: NOERROR" in answer and "192.0.2.1" in answer
    answer = kdig_tls(server, "nothing.zone.example", "A")
    assert "status: NXDOMAIN" in answer and "SOA" in answer
