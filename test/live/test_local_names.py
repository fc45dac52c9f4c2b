"""Names that dotring answers itself (RFC 6761 and others), until it is told to ask for them."""

from harness import client
from harness.reloading import Reloading, changed
from harness.upstream import PythonUpstream, address_answer

NAMES = {
    "query.forward_localhost": "localhost",
    "query.forward_invalid": "www.invalid",
    "query.forward_test": "www.test",
    "query.forward_local": "printer.local",
    "query.forward_onion": "www.onion",
    "query.forward_home_arpa": "printer.home.arpa",
    "query.forward_resolver_arpa": "_dns.resolver.arpa",
    "query.forward_loopback_reverse": "1.0.0.127.in-addr.arpa",
}
UPSTREAM_ANSWER = ["192.0.2.1"]


def test_each_is_asked_for_where_its_key_says_so_and_no_other(stage, authority):
    # Not kept: what was asked for is in the cache until its TTL ends, whatever a reload says.
    upstream = PythonUpstream(stage, authority, lambda asked: [address_answer(asked.message, ttl=0)])
    dotring = Reloading(stage, [upstream])

    def forwarded():
        before = len(upstream.asked)
        answered = [name for name in NAMES.values() if client.addresses(dotring.ask(name)) == UPSTREAM_ANSWER]
        asked = [asked.name for asked in upstream.asked[before:] if asked.name in NAMES.values()]
        assert asked == answered
        return asked

    assert forwarded() == []
    for key, name in NAMES.items():
        assert changed(dotring.reload({key: True})) == [key]
        assert forwarded() == [name]
        assert changed(dotring.reload({key: None})) == [key], "back to the default"
