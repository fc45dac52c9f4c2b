"""Bad input and faults: a clear result and nothing lost. Row by row."""

import signal
import time

import pytest
from harness import client, servers
from harness.dotring import PATIENT, Dotring, Responder
from harness.ports import free_port
from harness.upstream import PythonUpstream, address_answer
from harness.waiting import let_pass, wait_for

STALE_ANSWER, STALE_NXDOMAIN, CACHED_ERROR = 3, 19, 13

# What an upstream may do wrong. No stream to it opens, ...
NO_STREAM = {
    "refuses": None,
    "stalls in the handshake": "silent",
    "garbage instead of a handshake": "garbage",
    "closes instead of a handshake": "close",
}
# ... or there is no right answer on it, ...
NO_ANSWER = {
    "accepts and stays silent": "drop",
    "closes at every query": "drop,close-after=1",
    "resets at every query": "reset-after=1",
    "sends garbage messages": "garbage",
    "sends garbage": "garbage-stream",
    "wrong id": "wrong-id",
    "wrong question": "wrong-question",
    "half a frame, then the end": "half-frame",
    "half a frame, then silence": "half-frame,stall-connection",
    "stops answering": "stall-connection",
}
# ... or not to all queries.
SOME_ANSWERS = {
    "closes after each answer": "close-after=1",
    "resets under load": "reset-after=5",
    "answers twice": "twice",
}
# The same for some names only, on a connection that serves others too: it goes on, ends, or stands still.
GOES_ON = ["drop", "garbage", "wrong-id", "wrong-question", "twice"]
ENDS = ["half-frame", "close-after=1", "reset-after=1"]
STANDS_STILL = ["garbage-stream", "half-frame,stall-connection", "stall-connection"]


def without_streams(stage, authority, fault, port=None):
    """A server that does this of NO_STREAM."""
    if not NO_STREAM[fault]:
        return servers.TlsServer(authority, port or free_port())
    return Responder(stage, authority, "--tls-fault", NO_STREAM[fault], port=port)


def ask_all(server, names, meanwhile=lambda: None, wanted=None, **options):
    """Asks all names at once over one TCP connection, and reads until all those `wanted` have a reply: {name: reply}.

    `meanwhile` is called before replies are read."""
    messages = [client.query(name, id=index + 1, **options) for index, name in enumerate(names)]
    replies = {}
    with client.TcpClient(server) as connection:
        connection.send(*messages)
        meanwhile()
        while not replies.keys() >= set(wanted or names):
            reply = connection.receive()
            replies[names[reply.id - 1]] = reply
    return replies


def same_addresses(replies, expected):
    return all(client.addresses(replies[name]) == client.addresses(expected[name]) for name in expected)


def names_of(prefix, count):
    return [f"{prefix}{index}.zone.example" for index in range(count)]


class TestOneServerFails:
    """Two servers, the first one faulty: every query is answered by the other within its deadline."""

    NAMES = names_of("n", 100)
    RIGHT = "records=2"  # by this an answer is told from one that should not have been taken
    OPTIONS = {"upstream.policy": "in-order", "engine.workers": 1}

    def good(self, stage, authority):
        return Responder(stage, authority, "--default", self.RIGHT)

    @pytest.mark.parametrize("fault", NO_STREAM)
    def test_no_stream_to_it_opens(self, stage, authority, fault):
        faulty, good = without_streams(stage, authority, fault), self.good(stage, authority)
        dotring = Dotring(stage, [faulty, good], {**self.OPTIONS, "upstream.connect_timeout_ms": 500})
        self.check_answers(dotring, good)
        dotring.process.wait_for(lambda: dotring.of_upstream(faulty, "connects_failed_total"), "a stream did not open")
        assert dotring.of_upstream(faulty, "queries_total") == 0

    @pytest.mark.parametrize("fault", NO_ANSWER)
    def test_it_gives_no_answer(self, stage, authority, fault):
        faulty, good = Responder(stage, authority, "--default", NO_ANSWER[fault]), self.good(stage, authority)
        self.check_asked_first(stage, faulty, good)

    @pytest.mark.parametrize("fault", SOME_ANSWERS)
    def test_it_gives_some_answers(self, stage, authority, fault):
        behaviour = f"{SOME_ANSWERS[fault]},{self.RIGHT}"
        faulty, good = Responder(stage, authority, "--default", behaviour), self.good(stage, authority)
        self.check_asked_first(stage, faulty, good)

    def test_it_is_stopped_while_queries_are_in_flight(self, stage, authority):
        faulty, good = Responder(stage, authority), self.good(stage, authority)
        dotring = self.start(stage, faulty, good)
        faulty.process.signal(signal.SIGSTOP)
        try:
            self.check_answers(dotring, good)
        finally:
            faulty.process.signal(signal.SIGCONT)
        assert dotring.of_upstream(faulty, "queries_total") > 0

    def test_it_dies_while_queries_are_in_flight(self, stage, authority):
        faulty, good = Responder(stage, authority, "--default", "latency=60s"), self.good(stage, authority)
        dotring = self.start(stage, faulty, good, PATIENT)

        def die():
            asked = lambda: dotring.of_upstream(faulty, "in_flight") == len(self.NAMES)  # noqa: E731
            dotring.process.wait_for(asked, "all questions are in flight")
            faulty.process.kill()

        self.check_answers(dotring, good, meanwhile=die)

    def check_asked_first(self, stage, faulty, good):
        dotring = self.start(stage, faulty, good)
        self.check_answers(dotring, good)
        assert dotring.of_upstream(faulty, "queries_total") > 0

    def start(self, stage, faulty, good, options=OPTIONS):
        dotring = Dotring(stage, [faulty, good], {**self.OPTIONS, **options})
        dotring.wait_until_up(faulty, good)
        return dotring

    def check_answers(self, dotring, good, meanwhile=lambda: None):
        expected = ask_all(good.plain, self.NAMES)
        started = time.monotonic()
        replies = ask_all(dotring.server, self.NAMES, meanwhile)
        assert time.monotonic() - started < 5 + 1  # upstream.timeout_ms, and a busy machine
        assert {client.rcode(reply) for reply in replies.values()} == {"NOERROR"}
        assert same_addresses(replies, expected)


class TestSomeNamesFail:
    """One server that does wrong for some names: the others, on the same streams, do not notice."""

    GOOD, BAD = names_of("good", 50), names_of("bad", 5)
    DEADLINE_S = 20
    SOON_S = 5  # for a busy machine; what waits for patience, a third of the deadline, is later

    @pytest.mark.parametrize("fault", GOES_ON + ENDS)
    def test_other_queries_are_unaffected(self, stage, authority, fault):
        self.check_others(stage, authority, fault, PATIENT)

    @pytest.mark.parametrize("fault", STANDS_STILL)
    def test_other_queries_go_to_another_stream_soon(self, stage, authority, fault):
        self.check_others(stage, authority, fault, {"upstream.patience_unmeasured_ms": 250, "life.drain_ms": 0})

    def check_others(self, stage, authority, fault, options):
        upstream = Responder(stage, authority, "--rule", f"bad*:{fault}")
        dotring = Dotring(stage, [upstream], {**options, "upstream.timeout_ms": self.DEADLINE_S * 1000})
        dotring.wait_until_up(upstream)
        expected = ask_all(upstream.plain, self.GOOD)
        mixed = [name for index in range(5) for name in [*self.GOOD[index::5], self.BAD[index]]]
        started = time.monotonic()
        replies = ask_all(dotring.server, mixed, wanted=self.GOOD, use_edns=0)
        assert time.monotonic() - started < self.SOON_S
        assert same_addresses(replies, expected)
        for name in replies.keys() - expected.keys():
            right = fault in ("twice", "close-after=1") and client.addresses(replies[name])
            assert right or client.unanswered(replies[name])


class TestTheOnlyServerFails:
    """Whatever it does, within the deadline there is a stale answer, else SERVFAIL with an extended error."""

    KNOWN, NEW = "known.zone.example", "new.zone.example"
    TTL_S = 1
    WITHIN_S = 2.5  # on a busy machine; by other limits than the deadline it were a minute
    OPTIONS = {
        **PATIENT,
        "upstream.timeout_ms": 500,
        "upstream.connect_timeout_ms": 60_000,
        "cache.stale_delay_ms": 60_000,
        "cache.prefetch_percent": 0,
    }

    @pytest.mark.parametrize("fault", NO_ANSWER)
    def test_it_gives_no_answer(self, stage, authority, fault):
        rules = stage.file("rules", "")
        upstream = Responder(stage, authority, "--default", f"ttl={self.TTL_S}", "--rules-file", rules)
        dotring = Dotring(stage, [upstream], self.OPTIONS)
        known = self.known(dotring)
        rules.write_text(f"spoilt:rcode=refused\n*:{NO_ANSWER[fault]}\n")
        upstream.process.signal(signal.SIGHUP)
        spoilt = lambda: client.rcode(client.ask_udp(upstream.plain, client.query("spoilt"))) == "REFUSED"  # noqa: E731
        wait_for(spoilt, "the rules are exchanged")
        asked = dotring.of_upstream(upstream, "queries_total")
        self.check_both(dotring, known)
        assert dotring.of_upstream(upstream, "queries_total") >= asked + 2
        # The failure is remembered for a moment (RFC 9520).
        reply = dotring.ask(self.NEW, use_edns=0)
        assert client.rcode(reply) == "SERVFAIL" and client.extended_errors(reply) == [CACHED_ERROR]

    @pytest.mark.parametrize("fault", NO_STREAM)
    def test_it_does_not_come_back(self, stage, authority, fault):
        upstream = Responder(stage, authority, "--default", f"ttl={self.TTL_S}")
        often = {"upstream.connect_timeout_ms": 300, "upstream.backoff_first_ms": 1, "upstream.backoff_second_ms": 1}
        dotring = Dotring(stage, [upstream], {**self.OPTIONS, **often, "upstream.retry_all_failing_ms": 10})
        known = self.known(dotring)
        upstream.process.kill()
        without_streams(stage, authority, fault, upstream.port)
        failed = lambda: dotring.of_upstream(upstream, "connects_failed_total")  # noqa: E731
        before = failed()
        dotring.process.wait_for(lambda: failed() > before, "a stream to it does not open")
        self.check_both(dotring, known)

    @pytest.mark.parametrize("fault", NO_STREAM)
    def test_it_was_never_there(self, stage, authority, fault):
        upstream = without_streams(stage, authority, fault)
        dotring = Dotring(stage, [upstream], self.OPTIONS)
        started = time.monotonic()
        reply = dotring.ask(self.NEW, use_edns=0)
        assert time.monotonic() - started < self.WITHIN_S
        assert client.unanswered(reply)
        assert dotring.of_upstream(upstream, "connects_total") > 0

    def known(self, dotring):
        """An answer that is in the cache now."""

        def answered():
            reply = dotring.ask(self.KNOWN)
            return client.addresses(reply) and reply

        return wait_for(answered, "the server answers")

    def check_both(self, dotring, known):
        let_pass(self.TTL_S + 0.1)
        started = time.monotonic()
        replies = ask_all(dotring.server, [self.KNOWN, self.NEW], use_edns=0)
        assert time.monotonic() - started < self.WITHIN_S
        assert same_addresses(replies, {self.KNOWN: known})
        assert client.extended_errors(replies[self.KNOWN]) == [STALE_ANSWER]
        assert client.unanswered(replies[self.NEW])

    def test_without_edns_there_is_no_extended_error(self, stage, authority):
        dotring = Dotring(stage, [servers.TlsServer(authority, free_port())], {"upstream.timeout_ms": 500})
        reply = dotring.ask("bad.zone.example")
        assert client.rcode(reply) == "SERVFAIL" and reply.edns == -1


class TestStale:
    """An answer that has expired is better than none (RFC 8767)."""

    OPTIONS = {"upstream.timeout_ms": 1000, "cache.prefetch_percent": 0}

    def test_it_is_given_when_the_upstream_is_gone(self, stage, authority):
        upstream = Responder(stage, authority, "--default", "ttl=1", "--rule", "no*:rcode=nxdomain,ttl=1")
        dotring = Dotring(stage, [upstream], self.OPTIONS)
        assert client.addresses(dotring.ask("www.zone.example"))
        assert client.rcode(dotring.ask("no.zone.example")) == "NXDOMAIN"
        upstream.process.kill()

        def stale(name):
            reply = dotring.ask(name, use_edns=0)
            return reply if client.extended_errors(reply) else None

        reply = wait_for(lambda: stale("www.zone.example"), "the answer has expired")
        assert client.extended_errors(reply) == [STALE_ANSWER]
        assert client.rcode(reply) == "NOERROR" and client.addresses(reply) and client.ttl(reply) == 30
        reply = wait_for(lambda: stale("no.zone.example"), "the answer has expired")
        assert client.extended_errors(reply) == [STALE_NXDOMAIN] and client.rcode(reply) == "NXDOMAIN"
        assert dotring.metrics().sum("dotring_stale_answers_total") >= 2

    def test_it_is_given_when_the_upstream_is_slow(self, stage, authority):
        slow = []

        def answer(asked):
            return [] if slow else [address_answer(asked.message, ttl=1)]

        dotring = Dotring(stage, [PythonUpstream(stage, authority, answer)], {"cache.prefetch_percent": 0})
        assert client.addresses(dotring.ask("www.zone.example"))
        slow.append(True)

        def stale():
            started = time.monotonic()
            reply = dotring.ask("www.zone.example", use_edns=0)
            return client.extended_errors(reply) and (reply, time.monotonic() - started)

        reply, waited_s = wait_for(stale, "the answer has expired")
        assert client.addresses(reply) and client.extended_errors(reply) == [STALE_ANSWER]
        assert 1 < waited_s < 3  # about 1.8 s (RFC 8767, 5)

    def test_not_when_it_is_forbidden(self, stage, authority):
        upstream = Responder(stage, authority, "--default", "ttl=1")
        dotring = Dotring(stage, [upstream], {**self.OPTIONS, "cache.stale_max": 0})
        assert client.addresses(dotring.ask("www.zone.example"))
        upstream.process.kill()
        wait_for(lambda: client.rcode(dotring.ask("www.zone.example")) == "SERVFAIL", "the answer has expired")


class TestAllGone:
    def test_the_cache_continues_and_recovery_takes_less_than_a_second(self, stage, authority):
        """Nobody else is there and somebody asks: the server is tried every half second, whatever its back-off, which is
        a minute here. It goes and returns until that is seen: of one second a busy machine may take a part."""
        certificate = authority.issue(servers.AUTH_NAME)
        upstream = Responder(stage, authority, certificate=certificate)
        options = {"engine.workers": 1, "upstream.timeout_ms": 1000, "cache.failure_ttl_min": 60}
        backoff = {"upstream.backoff_second_ms": 60_000, "upstream.backoff_longest_ms": 60_000}
        dotring = Dotring(stage, [upstream], {**options, **backoff})
        assert client.addresses(dotring.ask("www.zone.example"))
        upstream.process.kill()
        names = iter(names_of("new", 1000))

        def nobody_to_ask():
            return dotring.metrics().sum("dotring_upstream_questions_total", result="no_upstream")

        def asked_in_vain():
            """A name for which there was nobody to ask. Before that is known, questions fail otherwise."""
            assert client.addresses(dotring.ask("www.zone.example"))
            before, name = nobody_to_ask(), next(names)
            reply = dotring.ask(name, use_edns=0)
            assert client.rcode(reply) == "SERVFAIL"
            if nobody_to_ask() == before:
                return None
            assert client.extended_errors(reply) == [client.NO_REACHABLE_AUTHORITY]
            return name

        def recovery_s():
            in_vain = [wait_for(asked_in_vain, "nobody is there to ask") for _ in range(5)]
            again = Responder(stage, authority, port=upstream.port, certificate=certificate)
            returned = time.monotonic()
            wait_for(lambda: client.addresses(dotring.ask(next(names))), "answers again")
            took_s = time.monotonic() - returned
            # That nobody could be asked says nothing about a name: it is not remembered of any.
            assert all(client.addresses(dotring.ask(name)) for name in in_vain)
            assert again.process.status is None
            again.process.kill()
            return took_s

        assert any(recovery_s() < 1 for _ in range(5))


class TestOverload:
    def test_more_queries_than_the_limits_are_shed_and_counted(self, stage, authority):
        upstream = Responder(stage, authority, "--rule", "slow*:drop")
        limits = {"query.in_flight_max": 50, "query.udp_in_flight_max": 50, "query.tcp_in_flight_max": 50}
        dotring = Dotring(stage, [upstream], {**limits, "engine.workers": 1, "upstream.timeout_ms": 2000})
        assert client.addresses(dotring.ask("known.zone.example"))
        names = names_of("slow", 500)
        messages = [client.query(name, id=index + 1) for index, name in enumerate(names)]
        started = time.monotonic()
        with client.TcpClient(dotring.server) as connection:
            connection.send(*messages)
            for _ in range(450):
                assert client.rcode(connection.receive()) == "SERVFAIL"
            assert time.monotonic() - started < 1.9  # at once, not at the deadline
            assert client.addresses(dotring.ask("known.zone.example"))
            for _ in range(50):
                assert client.rcode(connection.receive()) == "SERVFAIL"
        assert dotring.metrics().sum("dotring_query_results_total", result="shed") == 450
        assert client.addresses(dotring.ask("known.zone.example"))
