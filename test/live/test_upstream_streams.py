"""What ends a stream to a server, and from how many queries on there is a second one.

Clocks decide nothing: what has a default in seconds is made so short that it happens again and again, and a
test waits for more of it than the default gives within its limit.
"""

from collections import Counter

from harness import client
from harness.dotring import PATIENT, Dotring, Responder
from harness.upstream import PythonUpstream, Reset, address_answer
from harness.waiting import wait_for

OTHER = "another.zone.example"


def ended(dotring, cause):
    return dotring.metrics().sum("dotring_upstream_streams_ended_total", cause=cause)


class TestHowMany:
    """Queries that are never answered fill the streams."""

    def start(self, stage, authority, options):
        """(dotring, upstream, ask): ask(COUNT) returns when as many further questions have come upstream."""
        upstream = PythonUpstream(stage, authority, lambda asked: [])
        dotring = Dotring(stage, [upstream], {**PATIENT, **options})
        connection = client.TcpClient(dotring.server)
        stage.at_end(connection.close)

        def ask(count):
            asked = len(upstream.asked)
            connection.send(*(client.query(f"n{asked + index}.zone.example") for index in range(count)))
            wait_for(lambda: len(upstream.asked) == asked + count, "the questions arrive")

        return dotring, upstream, ask

    def test_a_second_stream_is_opened_from_so_many_queries_in_flight(self, stage, authority):
        dotring, _, ask = self.start(stage, authority, {"upstream.grow_above": 30})

        def connects():
            return dotring.metrics().sum("dotring_upstream_connects_total")

        ask(29)
        assert connects() == 1
        ask(1)
        assert connects() == 2

    def test_queries_are_spread_over_streams_from_so_many_in_flight(self, stage, authority):
        options = {"upstream.grow_above": 1, "upstream.spread_above": 8}
        dotring, upstream, ask = self.start(stage, authority, options)
        ask(1)
        wait_for(lambda: dotring.metrics().sum("dotring_upstream_streams") == 2, "a second stream")
        ask(11)
        streams = Counter(asked.connection.number for asked in upstream.asked)
        assert sorted(streams.values()) == [4, 8]


    def test_questions_that_were_lost_with_others_have_so_many_streams_besides(self, stage, authority):
        """Lost all together and then again, each of these eight is asked alone, and not answered: by the default four
        of them are at a time."""
        names = [f"n{index}.zone.example" for index in range(8)]
        held = {}

        def answer(asked):
            if asked.name not in names:
                return [address_answer(asked.message)]
            times = upstream.times_asked(asked.name)
            if times == 2 or all(map(upstream.times_asked, names)) and times == 1:
                raise Reset
            if times > 2:
                held[asked.name] = asked.connection.number
            return []

        upstream = PythonUpstream(stage, authority, answer)
        options = {"upstream.connections": 1, "upstream.connections_apart": 8, "upstream.asks_max": 8}
        dotring = Dotring(stage, [upstream], {**PATIENT, **options, "upstream.backoff_first_ms": 1})
        with client.TcpClient(dotring.server) as connection:
            connection.send(*map(client.query, names))
            wait_for(lambda: len(set(held.values())) == 8, "each has a stream of its own")


def asked_five_times_in_vain(stage, authority, quarantine_ms):
    """An upstream that answers nothing; its streams have two ids each."""
    upstream = PythonUpstream(stage, authority, lambda asked: [])
    lost = {"upstream.timeout_ms": 100, "upstream.asks_max": 1, "life.drain_ms": 0}
    options = {"upstream.stream_queries_max": 2, "upstream.id_quarantine_ms": quarantine_ms, "engine.workers": 1}
    dotring = Dotring(stage, [upstream], {**lost, **options})
    dotring.wait_until_up(upstream)  # the handshake is not part of the first question's 100 ms
    for index in range(5):
        assert client.rcode(dotring.ask(f"n{index}.zone.example")) == "SERVFAIL"
    return upstream


class TestWhatEndsOne:
    def test_ids_that_nobody_waits_for_are_used_again_after_a_while(self, stage, authority):
        """By the default a stream with two ids is spent by two questions."""
        upstream = asked_five_times_in_vain(stage, authority, 0)
        assert [upstream.times_asked(f"n{index}.zone.example") for index in range(5)] == [1] * 5
        assert len(upstream.connections) == 1

    def test_before_that_they_are_not(self, stage, authority):
        """A third question has to go to another stream."""
        upstream = asked_five_times_in_vain(stage, authority, 60_000)
        keys = {(asked.connection.number, asked.message.id) for asked in upstream.asked}
        assert len(keys) == len(upstream.asked) and len(upstream.connections) > 1

    def test_answers_to_no_query_in_a_row(self, stage, authority):
        strays = {"some.zone.example": 19, "many.zone.example": 20}

        def answer(asked):
            # Asked again because the stream has ended, it is answered as it should be.
            count = strays.get(asked.name, 0) if upstream.times_asked(asked.name) == 1 else 0
            for number in range(count):
                stray = address_answer(asked.message)
                stray.id = (asked.message.id + 1 + number) % 65_536
                yield stray
            yield address_answer(asked.message)

        upstream = PythonUpstream(stage, authority, answer)
        dotring = Dotring(stage, [upstream], {**PATIENT, "upstream.unexpected_max": 20})
        for name, times in (("some.zone.example", 1), ("many.zone.example", 2)):
            assert client.addresses(dotring.ask(name))
            assert upstream.times_asked(name) == times
        assert ended(dotring, "garbage") == 1

    def test_answers_to_another_question_in_a_row(self, stage, authority):
        def answer(asked):
            wrong = asked.name.startswith("bad") and asked.connection.number == 0
            return [address_answer(client.query(OTHER, id=asked.message.id) if wrong else asked.message)]

        upstream = PythonUpstream(stage, authority, answer)
        options = {"upstream.mismatched_max": 5, "upstream.asks_max": 4, "upstream.connections": 1}
        dotring = Dotring(stage, [upstream], {**PATIENT, **options})
        assert client.addresses(dotring.ask("good.zone.example"))
        reply = dotring.ask("bad.zone.example", use_edns=0)
        assert client.rcode(reply) == "SERVFAIL" and client.extended_errors(reply) == [client.NETWORK_ERROR]
        assert upstream.times_asked("bad.zone.example") == 4
        assert len(upstream.connections) == 1 and ended(dotring, "garbage") == 0
        # The fifth in a row: on another stream it is right.
        assert client.addresses(dotring.ask("bad-too.zone.example"))
        assert ended(dotring, "garbage") == 1

    def test_half_a_message(self, stage, authority):
        """The question is asked eight times before its deadline, each time on a new stream."""
        upstream = Responder(stage, authority, "--rule", "half*:half-frame,stall-connection")
        options = {"upstream.message_timeout_ms": 10, "upstream.asks_max": 8, "upstream.backoff_first_ms": 1}
        dotring = Dotring(stage, [upstream], {**PATIENT, "upstream.timeout_ms": 10_000, **options})
        assert client.addresses(dotring.ask("whole.zone.example"))
        reply = dotring.ask("half.zone.example", use_edns=0)
        assert client.rcode(reply) == "SERVFAIL" and client.extended_errors(reply) == [client.NETWORK_ERROR]
        assert ended(dotring, "garbage") == 8

    def test_no_answer_to_a_question_of_our_own(self, stage, authority):
        """A server that says nothing: one stream after the other is asked, and is dead 10 ms later."""
        upstream = PythonUpstream(stage, authority, lambda asked: [])
        impatient = {"upstream.patience_min_ms": 10, "upstream.patience_unmeasured_ms": 10}
        retries = {"upstream.backoff_first_ms": 10, "upstream.retry_all_failing_ms": 10}
        options = {"engine.workers": 1, "upstream.probe_timeout_ms": 10, **impatient, **retries}
        dotring = Dotring(stage, [upstream], options)
        assert client.rcode(dotring.ask("www.zone.example")) == "SERVFAIL"
        wait_for(lambda: ended(dotring, "silent") >= 40, "streams end because they are silent")
