"""How often a server is tried again that failed: attempts are counted, and each test waits for more of them than
the default gives within its limit."""

import socket

import pytest
from harness import client, servers
from harness.certificates import Authority
from harness.dotring import Dotring
from harness.ports import free_port
from harness.upstream import PythonUpstream
from harness.waiting import wait_for

# So long that it does not happen in a test: what is tried again is so for another reason.
NEVER = {"upstream.backoff_second_ms": 60_000, "upstream.retry_all_failing_ms": 60_000}
FORGIVEN_SOON = {"engine.workers": 1, "upstream.backoff_first_ms": 1}


@pytest.fixture
def gone(authority):
    """Nobody listens there."""
    return servers.TlsServer(authority, free_port())


def failed(dotring, server):
    return dotring.of_upstream(server, "connects_failed_total")


def ask_in_vain(dotring):
    assert client.rcode(dotring.ask("www.zone.example")) == "SERVFAIL"


def test_a_connection_that_does_not_open_is_given_up(stage, authority):
    """Somebody accepts, and says nothing. Twenty times: by the default that were a minute."""
    with socket.create_server((servers.HOST, 0), backlog=1024) as listener:
        silent = servers.TlsServer(authority, listener.getsockname()[1])
        at_once = {"upstream.backoff_second_ms": 1, "upstream.backoff_longest_ms": 1}
        options = {**FORGIVEN_SOON, **NEVER, **at_once, "upstream.connect_timeout_ms": 50}
        dotring = Dotring(stage, [silent], options)
        wait_for(lambda: failed(dotring, silent) >= 20, "twenty attempts")


def test_while_another_works_the_time_doubles_from_the_second_failure_on(stage, authority, gone):
    options = {**FORGIVEN_SOON, "upstream.backoff_second_ms": 1}
    dotring = Dotring(stage, [gone, PythonUpstream(stage, authority)], options)
    # 63 ms of back-off; by the default it were 63 seconds.
    wait_for(lambda: failed(dotring, gone) >= 8, "eight attempts")


def test_while_none_works_and_somebody_asks_each_is_tried_often(stage, gone):
    dotring = Dotring(stage, [gone], {**FORGIVEN_SOON, **NEVER, "upstream.retry_all_failing_ms": 10})
    ask_in_vain(dotring)
    wait_for(lambda: failed(dotring, gone) >= 80, "80 attempts")


def test_a_refused_certificate_has_a_time_of_its_own_and_is_told_once_per_back_off(stage, authority, tmp_path):
    certificate = Authority(tmp_path, "somebody else").issue(servers.AUTH_NAME)
    upstream = PythonUpstream(stage, authority, certificate=certificate)
    dotring = Dotring(stage, [upstream], {**FORGIVEN_SOON, **NEVER, "upstream.retry_certificate_ms": 10})
    ask_in_vain(dotring)
    wait_for(lambda: failed(dotring, upstream) >= 20, "20 handshakes")
    assert dotring.stop() == 0
    # After the first back-off of a millisecond the second one lasts a minute.
    assert 1 <= dotring.process.log().count("upstream_certificate_refused") <= 2


def test_when_nobody_asks_any_more_there_is_no_hurry(stage, gone):
    options = {**FORGIVEN_SOON, **NEVER, "upstream.retry_all_failing_ms": 10}
    calm = Dotring(stage, [gone], {**options, "upstream.hurry_for_ms": 0})
    hurried = Dotring(stage, [gone], options)
    wait_for(lambda: failed(calm, gone) == 2, "it is failing")
    ask_in_vain(calm)
    ask_in_vain(hurried)
    wait_for(lambda: failed(calm, gone) == 3, "the question hastens one attempt")
    wait_for(lambda: failed(hurried, gone) >= 30, "the other one is in a hurry")
    assert failed(calm, gone) == 3
