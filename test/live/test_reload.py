"""SIGHUP: each key that can change does, all or nothing; nobody loses a query, cache and streams survive."""

import contextlib
import json
import secrets
import signal
import subprocess

import dns.edns
import dns.flags
from harness import client
from harness.certificates import Authority
from harness.dotring import ASKED_ONCE, Responder, run_once
from harness.flood import Flood, all_right, one_after_the_other
from harness.redis import Redis
from harness.reloading import Reloading, changed, refusal
from harness.servers import name_of
from harness.upstream import Close, HoldingUpstream, PythonUpstream, address_answer

COOKIE = 10
NAME = "www.zone.example"


def cookie_of(dotring):
    """A server cookie of dotring's for this client."""
    ask = dotring.ask("localhost", use_edns=0, options=[dns.edns.GenericOption(COOKIE, bytes(range(8)))])
    return next(option.to_wire() for option in ask.options if option.otype == COOKIE)


def rcode_with(dotring, cookie):
    return client.rcode(dotring.ask("localhost", use_edns=0, options=[dns.edns.GenericOption(COOKIE, cookie)]))


class TestWhatChanges:
    def test_access_lists_and_their_files(self, stage):
        allowed = stage.file("allowed", "127.0.0.0/8\n")
        dotring = Reloading(stage, settings={"access.allow": ["192.0.2.0/24"], "access.allow_file": str(allowed)})
        assert client.rcode(dotring.ask("localhost")) == "NOERROR"
        allowed.write_text("198.51.100.0/24 # others now\n")
        assert changed(dotring.hang_up()) == ["access.allow_file"]
        assert client.rcode(dotring.ask("localhost")) == "REFUSED"
        assert changed(dotring.reload({"access.allow": ["127.0.0.1"]})) == ["access.allow"]
        assert client.rcode(dotring.ask("localhost")) == "NOERROR"
        assert changed(dotring.reload({"access.allow": None})) == ["access.allow"], "back to the default"
        assert changed(dotring.hang_up()) == []

    def test_access_lists_decide_who_may_connect_too(self, stage):
        dotring = Reloading(stage, settings={"access.drop": ["192.0.2.0/24"]})
        assert client.rcode(dotring.ask_tcp("localhost")) == "NOERROR"
        assert changed(dotring.reload({"access.drop": ["127.0.0.1"]})) == ["access.drop"]
        with contextlib.suppress(ConnectionError), client.TcpClient(dotring.server) as dropped:
            assert dropped.receive() is None
        assert dotring.metrics().sum("dotring_tcp_refused_total", reason="access") == 1

    def test_what_is_known_of_clients_outlives_the_reload_of_something_else(self, stage):
        # Sixty at once, then one a second.
        limits = {"rate.udp": 1, "rate.burst_ms": 60_000, "rate.over_limit": "drop"}
        dotring = Reloading(stage, settings={**limits, "query.any_ttl": 100})

        def answered_of(total):
            with client.many_sockets(dotring.server, client.query("localhost").to_wire(), 100):
                come = lambda: dotring.metrics().sum("dotring_queries_total") == total  # noqa: E731
                dotring.process.wait_for(come, "all have come")
            return total - dotring.metrics().sum("dotring_rate_limited_total", client="udp")

        assert answered_of(100) >= 60
        assert changed(dotring.reload({"query.any_ttl": 200})) == ["query.any_ttl"]
        assert answered_of(200) < 110

    def test_rate_limits(self, stage):
        dotring = Reloading(stage, settings={"rate.udp": 0})
        assert all(client.rcode(dotring.ask("localhost")) == "NOERROR" for _ in range(5))
        assert changed(dotring.reload({"rate.udp": 1, "rate.burst_ms": 1, "rate.slip": 1})) == [
            "rate.burst_ms",
            "rate.slip",
            "rate.udp",
        ]
        flags = [dotring.ask("localhost").flags & dns.flags.TC for _ in range(3)]
        assert any(flags)
        before = dotring.metrics().sum("dotring_rate_limited_total", client="udp")
        dotring.reload({"rate.udp": 0})
        assert all(client.rcode(dotring.ask("localhost")) == "NOERROR" for _ in range(5))
        assert dotring.metrics().sum("dotring_rate_limited_total", client="udp") == before > 0, "counters go on"

    def test_secrets_are_rotated_and_the_old_one_serves_on(self, stage):
        new, old = (stage.file(name, secrets.token_hex(16)) for name in ("new", "old"))
        settings = {"cookies.secret_file": str(old), "cookies.required": True}
        dotring = Reloading(stage, settings=settings)
        cookie = cookie_of(dotring)
        assert rcode_with(dotring, cookie) == "NOERROR"
        both = {"cookies.secret_file": str(new), "cookies.secret_file_old": str(old)}
        assert changed(dotring.reload(both)) == sorted(both)
        assert rcode_with(dotring, cookie) == "NOERROR"
        dotring.reload({"cookies.secret_file_old": None})
        assert rcode_with(dotring, cookie) == "BADCOOKIE"
        cookie = cookie_of(dotring)
        new.write_text(secrets.token_hex(16))
        assert changed(dotring.hang_up()) == ["cookies.secret_file"]
        assert rcode_with(dotring, cookie) == "BADCOOKIE"
        assert new.read_text() not in dotring.process.log()

    def test_a_secret_of_this_start_outlives_reloads(self, stage):
        dotring = Reloading(stage, settings={"cookies.required": True, "rate.udp": 0})
        cookie = cookie_of(dotring)
        dotring.reload({"rate.udp": 100_000})
        assert rcode_with(dotring, cookie) == "NOERROR"

    def test_the_log(self, stage):
        dotring = Reloading(stage, settings={"log.level": "warning"})
        assert "reloaded" not in dotring.process.log()
        assert changed(dotring.reload({"log.level": "info"})) == ["log.level"]
        dotring.settings["log.format"] = "text"
        dotring.write()
        dotring.process.signal(signal.SIGHUP)
        line = dotring.process.wait_for_log("changed=log.format")
        assert line.endswith(" info reloaded changed=log.format")

    def test_limits_of_queries_and_local_names(self, stage, authority):
        upstream = PythonUpstream(stage, authority)
        dotring = Reloading(stage, [upstream], {"query.any_ttl": 100, "query.questions_max": 1000})
        assert client.ttl(dotring.ask(NAME, "ANY")) == 100
        assert client.rcode(dotring.ask("x.test")) == "NXDOMAIN"
        change = {"query.any_ttl": 200, "query.forward_test": True, "query.questions_max": 2000}
        assert changed(dotring.reload(change)) == sorted(change)
        assert client.ttl(dotring.ask(NAME, "ANY")) == 200
        assert client.addresses(dotring.ask("x.test")) == ["192.0.2.1"]
        assert dotring.metrics().sum("dotring_queries_total") == 4, "counters go on"
        assert changed(dotring.reload({"query.forward_test": False})) == ["query.forward_test"]
        assert client.rcode(dotring.ask("x.test")) == "NXDOMAIN", "not what the cache had of the upstream"


class TestRefusals:
    def test_a_wrong_file_changes_nothing_and_says_why(self, stage, authority):
        upstream = PythonUpstream(stage, authority)  # whose TTLs are 300
        settings = {"access.allow": ["127.0.0.0/8"], "query.any_ttl": 100, "cache.ttl_max": 200}
        dotring = Reloading(stage, [upstream], settings)
        good = dict(dotring.settings)

        def refused_for(key, value):
            right = {"query.any_ttl": 7, "cache.ttl_max": 7, "access.refuse": ["127.0.0.1"]}
            cause = refusal(dotring.reload({**right, key: value}))
            assert key in cause and str(value) in cause, cause
            dotring.settings = dict(good)
            assert client.ttl(dotring.ask(NAME, "ANY")) == 100
            assert client.ttl(dotring.ask(f"n{len(upstream.asked)}.zone.example")) == 200
            return cause

        refused_for("access.drop", "127.0.0.1/8")
        assert "cannot be read" in refused_for("access.drop_file", str(stage.folder / "missing"))
        assert "hexadecimal" in refused_for("cookies.secret_file", str(stage.file("short", "00")))
        dotring.write("[access\n")
        assert "not TOML" in refusal(dotring.hang_up())
        dotring.path.unlink()
        assert "cannot be read" in refusal(dotring.hang_up())
        assert changed(dotring.reload({"query.any_ttl": 300})) == ["query.any_ttl"]

    def test_what_needs_a_restart_is_named_and_the_rest_of_the_file_waits_for_it(self, stage):
        dotring = Reloading(stage, settings={"engine.workers": 1, "engine.ring_entries": 256, "query.any_ttl": 100})
        change = {"engine.workers": 2, "engine.ring_entries": 512, "query.any_ttl": 200}
        cause = refusal(dotring.reload(change))
        assert "engine.workers" in cause and "engine.ring_entries" in cause and "restart" in cause
        assert client.ttl(dotring.ask(NAME, "ANY")) == 100

    def test_the_reference_says_which_keys_need_one(self):
        status, reference = run_once(None, "--print-reference")
        assert status == 0
        rows = {row.split("`")[1]: row for row in reference.splitlines() if row.startswith("| `")}
        assert " | restart | " in rows["engine.workers"]
        assert " | reload | " in rows["access.allow"]


def test_who_waits_is_answered_by_the_limits_that_let_them_in(stage, authority):
    held = []

    def answer(asked):
        if asked.name == "held.zone.example" and not held:
            held.append(asked)
            return []
        late = [one.message for one in held if one.connection is asked.connection]
        return [address_answer(message) for message in (asked.message, *late)]

    upstream = PythonUpstream(stage, authority, answer)
    options = {"engine.workers": 1, "upstream.timeout_ms": 60_000, "upstream.patience_min_ms": 60_000}
    options["upstream.patience_unmeasured_ms"] = 60_000
    dotring = Reloading(stage, [upstream], {"query.questions_max": 100}, options)
    with client.udp_socket(dotring.server) as udp:
        udp.send(client.query("held.zone.example", id=77).to_wire())
        dotring.process.wait_for(lambda: held, "the question arrives upstream")
        for limit in (200, 300):
            changed(dotring.reload({"query.questions_max": limit}))
            assert client.addresses(dotring.ask(f"n{limit}.zone.example"))
        assert client.answered_id(client.received(udp)) == 77


class TestAudit:
    """Who asked what goes on being written while outputs, sample, form and files change; nothing is lost in between."""

    LOAD = ("--names", 0, "-Q", 3000, "-l", 0.6, "-c", 4, "-q", 4096, "-t", 10)

    def test_under_load_each_query_is_in_one_of_the_files(self, stage, authority):
        responder = Responder(stage, authority)
        first, second, frames = (stage.folder / name for name in ("first.json", "second.json", "tap.fstrm"))
        settings = {"audit.file": str(first), "audit.queue": "16MiB"}
        dotring = Reloading(stage, [responder], settings)
        sent = 0
        changes = [
            {"audit.file": str(second)},
            {"dnstap.target": str(frames)},
            {"dnstap.identity": "edge-7", "audit.clients": "prefix"},
            {"dnstap.target": None, "dnstap.identity": None},
            {"audit.file": str(first), "audit.queue": "32MiB"},
        ]
        for number, change in enumerate([*changes, {}]):
            # Each begins after the change before it is in force, and is under way when the next one comes.
            flood = Flood(dotring.server, *self.LOAD, "--suffix", f"load-{number}.example")
            loaded = sent + 500
            dotring.process.wait_for(lambda: dotring.metrics().sum("dotring_queries_total") > loaded, "some load")
            if change:
                assert changed(dotring.reload(change)) == sorted(change)
            result = flood.result()
            assert all_right(result)
            sent += result["sent"]["queries"]
        dotring.process.wait_for(lambda: written(dotring, "file") == sent, "all are written")
        assert dotring.metrics().sum("dotring_audit_dropped_total", output="file") == 0
        assert dotring.stop() == 0
        lines = [json.loads(line) for path in (first, second) for line in path.read_text().splitlines()]
        assert len(lines) == sent
        assert len({line["name"] for line in lines}) == sent, "each name was asked once"
        assert {line["client"] for line in lines} == {"127.0.0.1", "127.0.0.0"}
        taps = sorted(stage.folder.glob("tap.fstrm*"))
        assert len(taps) == 2, "one for each identity; the earlier one was moved away"
        for tap in taps:
            done = subprocess.run(["dnstap-ldns", "-q", "-r", tap], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0 and done.stdout, done.stderr

    def test_it_is_switched_on_sampled_and_switched_off(self, stage):
        lines = stage.folder / "audit.json"
        dotring = Reloading(stage, settings={"audit.sample": 1})
        dotring.ask("localhost")
        assert "dotring_audit" not in dotring.metrics_text()
        assert changed(dotring.reload({"audit.file": str(lines)})) == ["audit.file"]
        dotring.ask("localhost")
        dotring.process.wait_for(lambda: written(dotring, "file") == 1, "a line")
        assert changed(dotring.reload({"audit.sample": 1_000_000})) == ["audit.sample"]
        for _ in range(20):
            dotring.ask("localhost")
        assert changed(dotring.reload({"audit.sample": 1})) == ["audit.sample"]
        assert written(dotring, "file") < 3, "counters go on, and what is left out is not written"
        dotring.process.signal(signal.SIGUSR1)
        assert changed(dotring.reload({"audit.file": None})) == ["audit.file"]
        dotring.ask("localhost")
        assert "dotring_audit" not in dotring.metrics_text()

    def test_a_key_of_this_start_is_kept_and_one_from_a_file_is_read_again(self, stage):
        lines = stage.folder / "audit.json"
        key = stage.file("key", secrets.token_hex(16))
        key.chmod(0o600)
        dotring = Reloading(stage, settings={"audit.file": str(lines), "audit.clients": "hashed"})

        def client_as_written():
            before = written(dotring, "file")
            dotring.ask("localhost")
            dotring.process.wait_for(lambda: written(dotring, "file") > before, "a line")
            return json.loads(lines.read_text().splitlines()[-1])["client"]

        own = client_as_written()
        dotring.reload({"audit.queue": "1MiB"})
        assert client_as_written() == own
        assert changed(dotring.reload({"audit.hash_key_file": str(key)})) == ["audit.hash_key_file"]
        of_file = client_as_written()
        key.write_text(secrets.token_hex(16))
        assert changed(dotring.hang_up()) == ["audit.hash_key_file"]
        assert len({own, of_file, client_as_written()}) == 3
        dotring.reload({"audit.hash_key_file": None})
        assert client_as_written() == own
        assert key.read_text() not in dotring.process.log()

    def test_what_cannot_be_written_refuses_the_reload(self, stage):
        lines = stage.folder / "audit.json"
        dotring = Reloading(stage, settings={"audit.file": str(lines), "query.any_ttl": 100})
        for key, value in (
            ("audit.file", stage.folder),
            ("dnstap.target", stage.folder / "none" / "tap"),
            ("dnstap.target", "tcp://localhost"),
            ("audit.hash_key_file", stage.folder / "none"),
        ):
            good = dict(dotring.settings)
            assert key in refusal(dotring.reload({key: str(value), "query.any_ttl": 7}))
            dotring.settings = good
        dotring.ask(NAME, "ANY")
        dotring.process.wait_for(lambda: written(dotring, "file") == 1, "the earlier one goes on")
        assert client.ttl(dotring.ask(NAME, "ANY")) == 100


def written(dotring, output):
    return dotring.metrics().sum("dotring_audit_written_total", output=output)


def test_lines_about_refused_clients_begin_and_end(stage):
    dotring = Reloading(stage, settings={"access.refuse": ["127.0.0.0/8"], "log.refused_clients": False})

    def told():
        return dotring.process.log().count('"client_refused"')

    dotring.ask("localhost")
    assert changed(dotring.reload({"log.refused_clients": True})) == ["log.refused_clients"]
    dotring.ask("localhost")
    dotring.process.wait_for_log('"client_refused"')
    change = {"log.refused_clients_per_second": 1}
    assert changed(dotring.reload(change)) == sorted(change)
    assert changed(dotring.reload({"log.refused_clients": False})) == ["log.refused_clients"]
    before = told()
    dotring.ask("localhost")
    # A line behind where that one would be.
    assert changed(dotring.reload({"query.any_ttl": 7})) == ["query.any_ttl"]
    assert told() == before == 1


def test_lifetimes_of_the_cache_change_and_what_is_kept_stays(stage, authority):
    upstream = PythonUpstream(stage, authority, lambda asked: [address_answer(asked.message, ttl=50_000)])
    dotring = Reloading(stage, [upstream], {"cache.ttl_max": 40_000})
    dotring.ask("early.zone.example")
    assert 39_000 < client.ttl(dotring.ask("early.zone.example")) <= 40_000
    assert changed(dotring.reload({"cache.ttl_max": 1000})) == ["cache.ttl_max"]
    dotring.ask("late.zone.example")
    assert 900 < client.ttl(dotring.ask("late.zone.example")) <= 1000
    assert 39_000 < client.ttl(dotring.ask("early.zone.example")) <= 40_000
    upstream.close()
    assert client.addresses(dotring.ask("early.zone.example")) == ["192.0.2.1"]


def test_under_load_no_query_is_lost_and_streams_and_cache_survive(stage, authority):
    responder = Responder(stage, authority)
    dotring = Reloading(stage, [responder], {"query.any_ttl": 1}, {"upstream.connections": 1})
    client.addresses(dotring.ask("first.example"))
    dotring.process.wait_for(lambda: dotring.metrics().sum("dotring_upstream_streams") == 2, "both workers' streams")
    connects = dotring.metrics().sum("dotring_upstream_connects_total")
    # Every name is new: some queries wait for the upstream whenever a reload comes.
    load = ("--names", 0, "-Q", 2000, "-l", 1, "-c", 4, "-q", 4096, "-t", 10)
    with one_after_the_other(dotring.server, *load) as results:
        dotring.process.wait_for(lambda: dotring.metrics().sum("dotring_queries_total") > 500, "the load")
        for reloads in range(1, 21):
            change = {
                "query.any_ttl": 1 + reloads,
                "query.questions_max": 8000 + reloads,
                "rate.udp": 900_000 + reloads,
                "access.allow": ["127.0.0.0/8", f"10.0.{reloads}.0/24"],
                "cache.ttl_max": 80_000 + reloads,
            }
            assert changed(dotring.reload(change)) == sorted(change)
    assert all(map(all_right, results))
    assert dotring.metrics().sum("dotring_upstream_connects_total") == connects
    responder.process.kill()
    assert client.addresses(dotring.ask("first.example"))


class TestUpstreams:
    def test_a_server_is_added_and_another_one_goes_while_the_third_keeps_its_streams(self, stage, authority):
        stays, goes, comes = (PythonUpstream(stage, authority) for _ in range(3))
        options = {**trust(authority), **ASKED_ONCE}
        dotring = Reloading(stage, settings={"upstream.servers": [stays.url, goes.url]}, options=options)
        dotring.process.wait_for(lambda: streams(dotring) == 4, "two streams on each of two workers")
        connects = dotring.of_upstream(stays, "connects_total")
        assert changed(dotring.reload({"upstream.servers": [comes.url, stays.url]})) == ["upstream.servers"]
        dotring.process.wait_for(lambda: len(comes.connections) == 2, "streams to the new one")
        dotring.process.wait_for(lambda: streams(dotring) == 4, "streams of two servers")
        metrics = dotring.metrics()
        assert metrics.sum("dotring_upstream_connects_total", server=name_of(stays)) == connects
        servers = {labels["server"] for _, labels, _ in metrics.samples if "server" in labels}
        assert servers == {name_of(stays), name_of(comes)}
        asked = len(goes.asked)
        names = [f"n{index}.zone.example" for index in range(30)]
        assert all(client.addresses(dotring.ask(name)) for name in names)
        assert len(goes.asked) == asked
        assert all(stays.times_asked(name) + comes.times_asked(name) == 1 for name in names)

    def test_the_first_in_the_order_of_the_file_is_asked_first(self, stage, authority):
        one, two = (PythonUpstream(stage, authority) for _ in range(2))
        options = {**trust(authority), **ASKED_ONCE, "upstream.policy": "in-order"}
        dotring = Reloading(stage, settings={"upstream.servers": [one.url, two.url]}, options=options)
        dotring.process.wait_for(lambda: streams(dotring) == 4, "all streams")
        for first, second, name in ((one, two, "a.zone.example"), (two, one, "b.zone.example")):
            dotring.reload({"upstream.servers": [first.url, second.url]})
            assert client.addresses(dotring.ask(name))
            assert first.times_asked(name) == 1 and second.times_asked(name) == 0
        assert len(one.connections) == len(two.connections) == 2

    def test_who_waits_for_a_server_that_goes_is_answered(self, stage, authority):
        goes, comes = HoldingUpstream(stage, authority, "held.zone.example"), PythonUpstream(stage, authority)
        patient = {"upstream.patience_min_ms": 20_000, "upstream.patience_unmeasured_ms": 20_000}
        options = {**trust(authority), **patient, "upstream.timeout_ms": 60_000}
        dotring = Reloading(stage, settings={"upstream.servers": [goes.url]}, options=options)
        with client.udp_socket(dotring.server) as udp:
            udp.send(client.query("held.zone.example", id=78).to_wire())
            dotring.process.wait_for(lambda: goes.times_asked("held.zone.example"), "the question arrives")
            dotring.reload({"upstream.servers": [comes.url]})
            assert client.addresses(dotring.ask("other.zone.example"))
            assert comes.times_asked("other.zone.example") == 1
            goes.release()
            assert client.answered_id(client.received(udp)) == 78
        assert comes.times_asked("held.zone.example") == 0

    def test_who_waits_while_replies_are_limited_is_answered_when_they_are_no_more(self, stage, authority):
        upstream = HoldingUpstream(stage, authority, "held.zone.example")
        dotring = Reloading(stage, [upstream], {"rrl.replies": 100, "rrl.errors": 100}, {"engine.workers": 1})
        with client.udp_socket(dotring.server) as udp:
            udp.send(client.query("held.zone.example", id=79).to_wire())
            dotring.process.wait_for(lambda: upstream.times_asked("held.zone.example"), "the question arrives")
            # Another key's limits are the pipeline's own: the question stays with the earlier one.
            change = {"query.any_ttl": 1, "rrl.errors": 0, "rrl.replies": 0}
            assert changed(dotring.reload(change)) == sorted(change)
            upstream.release()
            assert client.answered_id(client.received(udp)) == 79

    def test_other_authorities_are_believed_from_the_next_stream_on(self, stage, authority, tmp_path):
        (tmp_path / "other").mkdir()
        other = Authority(tmp_path / "other")
        first, second = PythonUpstream(stage, authority), PythonUpstream(stage, other)
        trusted = stage.file("trusted.pem", authority.path.read_text())
        settings = {"upstream.servers": [first.url], "upstream.ca_file": str(trusted)}
        dotring = Reloading(stage, settings=settings, options=ASKED_ONCE)
        assert client.addresses(dotring.ask("a.zone.example"))
        trusted.write_text("nothing")
        assert "no usable certificate" in refusal(dotring.hang_up())
        trusted.write_text(other.path.read_text())
        assert changed(dotring.hang_up()) == ["upstream.ca_file"]
        assert client.addresses(dotring.ask("b.zone.example")), "an open stream goes on"
        dotring.reload({"upstream.servers": [second.url]})
        assert client.addresses(dotring.ask("c.zone.example"))
        assert second.times_asked("c.zone.example") == 1


    def test_what_was_proved_to_earlier_authorities_proves_nothing_to_others(self, stage, authority, tmp_path):
        """Each question has a stream of its own, and all but the first resume a session."""

        def once(asked):
            yield address_answer(asked.message)
            raise Close

        (tmp_path / "other").mkdir()
        upstream = PythonUpstream(stage, authority, once)
        trusted = stage.file("trusted.pem", authority.path.read_text())
        settings = {"upstream.servers": [upstream.url], "upstream.ca_file": str(trusted)}
        options = {"engine.workers": 1, "upstream.connections": 1, "upstream.timeout_ms": 1000}
        dotring = Reloading(stage, settings=settings, options=options)
        names = (f"n{number}.zone.example" for number in range(100_000))

        def resumed():
            assert client.addresses(dotring.ask(next(names)))
            return dotring.metrics().sum("dotring_upstream_handshakes_total", kind="resumed")

        dotring.process.wait_for(resumed, "sessions are resumed")
        trusted.write_text(Authority(tmp_path / "other").path.read_text())
        assert changed(dotring.hang_up()) == ["upstream.ca_file"]
        refused = lambda: client.rcode(dotring.ask(next(names))) == "SERVFAIL"  # noqa: E731
        dotring.process.wait_for(refused, "the stream that was open has ended")
        asked = len(upstream.asked)
        assert refused() and len(upstream.asked) == asked
        assert dotring.metrics().sum("dotring_upstream_certificates_refused_total") >= 1


def trust(authority):
    return {"upstream.ca_file": authority.path}


def streams(dotring):
    return dotring.metrics().sum("dotring_upstream_streams")


def test_health_says_that_a_reload_was_refused(stage, authority):
    dotring = Reloading(stage, [PythonUpstream(stage, authority)], {"query.any_ttl": 1})

    def ready():
        return json.loads(dotring.page("/readyz")[1])

    dotring.process.wait_for(lambda: ready() == {"state": "ready", "reasons": []}, "ready")
    assert json.loads(dotring.page("/healthz")[1]) == {"state": "alive", "reasons": []}
    refusal(dotring.reload({"query.any_ttl": -1}))
    assert dotring.page("/readyz")[0] == 200
    assert ready()["state"] == "degraded" and "query.any_ttl" in ready()["reasons"][0]
    changed(dotring.reload({"query.any_ttl": 2}))
    assert ready() == {"state": "ready", "reasons": []}


def test_redis_comes_moves_and_goes(stage, authority):
    redis, other = Redis(stage), Redis(stage)
    upstream = PythonUpstream(stage, authority)
    dotring = Reloading(stage, [upstream], {"redis.url": ""})
    assert "dotring_redis" not in dotring.metrics_text()
    for server in (redis, other):
        assert changed(dotring.reload({"redis.url": server.url})) == ["redis.url"]
        readable = lambda: dotring.metrics().sum("dotring_redis_servers_readable")  # noqa: E731
        dotring.process.wait_for(lambda: readable() == 2, "both workers ask it")
        names = (f"n{number}.{server.port}.example" for number in range(1000))

        def stored():
            assert client.addresses(dotring.ask(next(names)))
            return int(server.cli("dbsize").split()[-1]) > 0

        dotring.process.wait_for(stored, "answers are stored there")
    assert changed(dotring.reload({"redis.url": ""})) == ["redis.url"]
    assert client.addresses(dotring.ask("last.example"))
    assert "dotring_redis" not in dotring.metrics_text()
    dotring.process.wait_for(lambda: int(clients(other)) == 1, "nothing but redis-cli is connected")


def clients(redis):
    return next(line.split(":")[1] for line in redis.cli("info", "clients").splitlines() if "connected_clients" in line)
