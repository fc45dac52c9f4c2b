"""The metrics page is of Prometheus' text format and follows its conventions, as `promtool check metrics` has them."""

import itertools
import re
import signal

import pytest
from harness import client
from harness.dotring import PATIENT, Dotring, Responder
from harness.manager import Manager
from harness.servers import AUTH_NAME, HOST
from harness.upstream import HoldingUpstream, PythonUpstream

SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.e+-]+|\+Inf|NaN)$')
# Not base units, and what only says again what TYPE says.
NOT_IN_NAMES = re.compile(r"(ms|us|milliseconds|microseconds|minutes|kilobytes|megabytes|percent|counter|gauge|histogram)")


class Family:
    """The lines of one metric, in order."""

    def __init__(self, name, help_text):
        self.name = name
        self.help = help_text
        self.type = None
        self.samples = []  # (name, labels as text, value)


def families_of(text):
    """In the order of the page; fails where a line is not where it belongs."""
    assert text.endswith("\n")
    families = []
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, help_text = line.split(" ", 3)[2:]
            families.append(Family(name, help_text))
        elif line.startswith("# TYPE "):
            name, kind = line.split(" ")[2:]
            assert name == families[-1].name and families[-1].type is None, line
            families[-1].type = kind
        else:
            sample = SAMPLE.match(line)
            assert sample, line
            families[-1].samples.append(sample.groups())
    return families


def check_histogram(family):
    """Each series has growing buckets, the last of which counts everything, a sum and a count."""
    series = {}
    for name, labels, value in family.samples:
        part = name.removeprefix(family.name)
        bound = re.search(r'le="([^"]*)"', labels or "")
        rest = re.sub(r',?le="[^"]*"', "", labels or "")
        series.setdefault(rest, {"_bucket": []})
        if part == "_bucket":
            series[rest]["_bucket"].append((float(bound[1]), float(value)))
        else:
            series[rest][part] = float(value)
    for parts in series.values():
        assert set(parts) == {"_bucket", "_sum", "_count"}, family.name
        for (bound, count), (next_bound, next_count) in itertools.pairwise(parts["_bucket"]):
            assert bound < next_bound and count <= next_count, family.name
        assert parts["_bucket"][-1] == (float("inf"), parts["_count"]), family.name


def check(family):
    assert family.help and family.help.endswith("."), family.name
    assert family.type in ("counter", "gauge", "histogram"), family.name
    assert (family.type == "counter") == family.name.endswith("_total"), family.name
    assert not family.name.endswith(("_count", "_sum", "_bucket", "_info_total")), family.name
    assert not any(NOT_IN_NAMES.fullmatch(word) for word in family.name.split("_")), family.name
    labelled = [(name, labels) for name, labels, _ in family.samples]
    assert labelled and len(set(labelled)) == len(labelled), family.name
    if family.type == "histogram":
        return check_histogram(family)
    assert {name for name, _ in labelled} == {family.name}
    if family.type == "counter":
        assert all(float(value) >= 0 for _, _, value in family.samples), family.name


@pytest.fixture
def page(stage, authority):
    dotring = Dotring(stage, [PythonUpstream(stage, authority)])
    for name in ("www.zone.example", "www.zone.example", "other.zone.example"):
        dotring.ask(name)
        dotring.ask_tcp(name)
    return dotring.metrics_text()


def test_the_page_is_clean(page):
    families = families_of(page)
    assert len(families) > 50
    assert len({family.name for family in families}) == len(families)
    for family in families:
        check(family)


def test_queries_answered_at_once_have_a_latency_and_only_those(stage, authority):
    dotring = Dotring(stage, [PythonUpstream(stage, authority)])
    for _ in range(5):
        dotring.ask("www.zone.example")
    dotring.ask_tcp("www.zone.example")

    def turns(transport):
        return dotring.metrics().sum("dotring_query_turn_seconds_count", transport=transport)

    # A turn is counted when it ends, behind its replies.
    dotring.process.wait_for(lambda: (turns("udp"), turns("tcp")) == (4, 1), "five turns are counted")
    page = dotring.metrics()
    assert page.sum("dotring_query_wait_seconds_count") == 1
    assert 0 < page.sum("dotring_query_turn_seconds_sum") < 60


@pytest.mark.parametrize("shared", [False, True])
def test_what_the_kernel_had_no_room_for_is_counted_by_listener(stage, shared):
    """`shared`: both workers hold the same socket."""
    manager = Manager(stage, sockets=1) if shared else None
    others = {} if shared else {"listen": (HOST, "127.0.0.2")}
    dotring = Dotring(stage, options={"listen.udp_receive_buffer": "4KiB"}, manager=manager, **others)
    listener = f"{HOST}:{dotring.port}"
    before = dotring.metrics()
    assert before.sum("dotring_udp_not_received_total") == 0
    dotring.process.signal(signal.SIGSTOP)
    sent = 2000
    with client.udp_socket(dotring.server) as udp:
        for _ in range(sent):
            udp.send(client.query("localhost").to_wire())
        dotring.process.signal(signal.SIGCONT)

    def all_found():
        metrics = dotring.metrics()
        received = metrics.sum("dotring_udp_datagrams_total", direction="in")
        return received + metrics.sum("dotring_udp_not_received_total", listener=listener) == sent

    dotring.process.wait_for(all_found, "each datagram was received or is known to be lost")
    after = dotring.metrics()
    assert after.sum("dotring_udp_not_received_total", listener=listener) > sent / 2
    assert after.sum("dotring_udp_not_received_total") == after.sum("dotring_udp_not_received_total", listener=listener)


def test_datagrams_that_come_together_are_seen_in_few_turns(stage):
    dotring = Dotring(stage, options={"engine.workers": 1})
    message = client.query("localhost").to_wire()

    def datagrams_per_turn(count, exchange):
        before = dotring.metrics()
        exchange(count)
        after = dotring.metrics()

        def more(name, **labels):
            return after.sum(name, **labels) - before.sum(name, **labels)

        assert more("dotring_udp_datagrams_total", direction="in") == count
        return count / max(more("dotring_loop_turns_total"), 1)

    with client.udp_socket(dotring.server) as udp:

        def one_by_one(count):
            for _ in range(count):
                udp.send(message)
                client.received(udp)

        def together(count):
            dotring.process.signal(signal.SIGSTOP)
            for _ in range(count):
                udp.send(message)
            dotring.process.signal(signal.SIGCONT)
            for _ in range(count):
                client.received(udp)

        assert datagrams_per_turn(100, together) > 5 * datagrams_per_turn(20, one_by_one)


def test_streams_after_the_first_are_counted_as_reconnects(stage, authority):
    certificate = authority.issue(AUTH_NAME)
    upstream = Responder(stage, authority, certificate=certificate)
    options = {"engine.workers": 1, "upstream.connections": 1, "upstream.backoff_second_ms": 10}
    dotring = Dotring(stage, [upstream], options)
    dotring.wait_until_up(upstream)
    assert dotring.of_upstream(upstream, "reconnects_total") == 0
    upstream.process.kill()
    dotring.process.wait_for(lambda: dotring.of_upstream(upstream, "streams") == 0, "the stream is lost")
    Responder(stage, authority, port=upstream.port, certificate=certificate)
    dotring.process.wait_for(lambda: dotring.of_upstream(upstream, "streams") == 1, "there is a stream again")
    assert dotring.of_upstream(upstream, "reconnects_total") >= 1


def test_what_waits_for_an_upstream_is_in_flight_until_it_is_answered(stage, authority):
    names = [f"n{index}.zone.example" for index in range(3)]
    upstream = HoldingUpstream(stage, authority, *names)
    dotring = Dotring(stage, [upstream], PATIENT)
    gauges = ["upstream_in_flight", "upstream_questions_in_flight", "questions_in_flight", "queries_waiting"]

    def shown():
        page = dotring.metrics()
        return [page.sum(f"dotring_{gauge}") for gauge in gauges]

    with client.TcpClient(dotring.server) as connection:
        connection.send(*map(client.query, names))
        dotring.process.wait_for(lambda: shown() == [3] * 4, "all of them are in flight")
        upstream.release()
        assert all(client.addresses(connection.receive()) for _ in names)
    dotring.process.wait_for(lambda: shown() == [0] * 4, "nothing is in flight")
