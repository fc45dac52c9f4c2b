"""dotring-ctl against a running dotring: what it says, what it changes, who may use it."""

import json
import os
import shutil
import socket
import stat

import pytest
from harness import client
from harness.control import Control
from harness.dotring import Dotring, program, run_once
from harness.process import Stage
from harness.redis import Redis
from harness.servers import name_of
from harness.upstream import PythonUpstream
from harness.waiting import wait_for

NOBODY = 65534


def start(stage, upstreams, options=None, **more):
    """A dotring with a control socket, and its Control."""
    control = Control(stage.folder / "control.sock")
    dotring = Dotring(stage, upstreams, {"control.socket": control.path, "log.level": "info", **(options or {})}, **more)
    return dotring, control


def test_status_and_upstreams_tell_what_happened(stage, authority):
    upstream = PythonUpstream(stage, authority)
    dotring, control = start(stage, [upstream])
    for name in ("a.zone.example", "a.zone.example", "a.zone.example", "b.zone.example"):
        assert dotring.ask(name).answer
    status = control.json("status")
    assert status["process"] == dotring.process.pid
    assert status["workers"] == 2
    assert status["health"] == {"state": "ready", "reasons": []}
    assert status["queries"]["total"] == 4 and status["queries"]["hit_rate"] == 0.5
    assert status["cache"]["entries"] == 2
    assert 0 < status["memory_bytes"] < 1 << 30
    assert status["redis"] is None
    assert 0 < status["uptime_s"] < 600
    (server,) = control.json("upstreams")["upstreams"]
    assert server["state"] == "up" and server["answers"] >= 2 and server["streams"] >= 1
    assert server["round_trip_p50_us"] > 0
    assert "4 (" in control.text("status") and "1 of 1 up" in control.text("status")
    assert name_of(upstream) in control.text("upstreams")


def test_flush_forgets_names_subtrees_and_everything(stage, authority):
    upstream = PythonUpstream(stage, authority)
    dotring, control = start(stage, [upstream])
    names = ("zone.example", "a.zone.example", "b.a.zone.example", "other.example")

    def forgotten_by(*arguments):
        for name in names:
            assert dotring.ask(name).answer
        before = {name: upstream.times_asked(name) for name in names}
        removed = control.json("flush", *arguments)["removed"]
        for name in names:
            assert dotring.ask(name).answer
        asked_again = [name for name in names if upstream.times_asked(name) > before[name]]
        assert len(asked_again) == removed
        return asked_again

    assert forgotten_by("A.zone.EXAMPLE.") == ["a.zone.example"]
    assert forgotten_by("--subtree", "a.zone.example") == ["a.zone.example", "b.a.zone.example"]
    assert forgotten_by("--all") == list(names)
    assert control.text("flush", "nothing.example") == "0 entries removed\n"
    assert "is no name" in control.refused("flush", "a..example")


def test_a_flush_reaches_redis_and_other_appliances(stage, authority):
    upstream = PythonUpstream(stage, authority)
    redis = Redis(stage)
    dotring, control = start(stage, [upstream], {"redis.url": redis.url})
    other = Dotring(stage, [upstream], {"redis.url": redis.url})
    wait_for(lambda: control.json("status")["redis"]["asked"], "Redis is asked")
    assert dotring.ask("a.zone.example").answer
    wait_for(lambda: other.ask("a.zone.example").answer and other.metrics().sum("dotring_cache_entries"), "stored")
    control.text("flush", "--all")
    wait_for(lambda: other.metrics().sum("dotring_cache_entries") == 0, "the other one forgets")


def test_the_log_level_changes_and_actions_are_logged(stage, authority):
    upstream = PythonUpstream(stage, authority, lambda asked: [])
    dotring, control = start(stage, [upstream], {"upstream.timeout_ms": 200})
    assert client.rcode(dotring.ask("fails.zone.example")) == "SERVFAIL"
    assert control.text("log-level", "debug") == "log level debug, before info\n"
    assert client.rcode(dotring.ask("fails-too.zone.example")) == "SERVFAIL"
    dotring.process.wait_for_log("question_failed")
    lines = [json.loads(line) for line in dotring.process.log().splitlines()]
    assert sum(line["event"] == "question_failed" for line in lines) == 1
    (action,) = [line for line in lines if line["event"] == "control"]
    assert (action["verb"], action["done"], action["user"]) == ("log-level", "yes", os.getuid())
    assert "give one of debug, info, warning, error" in control.refused("log-level", "loud")
    assert control.json("status")["log_level"] == "debug"
    changed = {entry["key"]: entry["value"] for entry in control.json("config")["keys"] if not entry["default"]}
    assert changed["log.level"] == "debug" and changed["upstream.timeout_ms"] == "200"


def test_config_has_every_key_and_no_secret(stage, authority):
    _, control = start(stage, [PythonUpstream(stage, authority)], {"redis.url": "redis://:hunter2@127.0.0.1:1/"})
    status, reference = run_once(None, "--print-reference")
    keys = {entry["key"] for entry in control.json("config")["keys"]}
    assert status == 0 and all(f"| `{key}` |" in reference for key in keys) and len(keys) > 100
    assert "hunter2" not in control.text("--json", "config") + control.text("config")
    assert "engine.workers" in control.text("config", "--changed")
    assert "cache.memory" not in control.text("config", "--changed")


def test_drain_ends_dotring_in_order(stage, authority):
    dotring, control = start(stage, [PythonUpstream(stage, authority)])
    assert "takes no more queries" in control.text("drain")
    dotring.ended_by_test = True
    assert dotring.process.wait() == 0
    assert json.loads(dotring.process.log().splitlines()[-1])["event"] == "ended"
    assert not control.path.exists()
    assert "no such socket" in control.refused("status")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One dotring for tests that change nothing of it: (dotring, control)."""
    stage = Stage(tmp_path_factory.mktemp("served"))
    dotring, control = start(stage, [], {"control.connections_max": 2, "control.timeout": 1})
    yield dotring, control
    stage.end()


def test_the_permissions_of_the_socket_decide_who_may_ask(served):
    _, control = served
    assert stat.S_IMODE(control.path.stat().st_mode) == 0o660
    if os.getuid() == 0:
        # The way to the tests' folder and to the programs may be closed to nobody: who starts in the folder needs neither.
        folder = control.path.parent
        folder.chmod(0o711)
        shutil.copy(program("dotring-ctl"), folder)

        as_nobody = {
            "path": "./dotring-ctl",
            "cwd": folder,
            "environment": {"DOTRING_CONTROL_SOCKET": control.path.name},
            "user": NOBODY,
            "group": NOBODY,
            "extra_groups": [],
        }
        assert "not allowed" in control.refused("status", **as_nobody)
        control.path.chmod(0o666)
        status, _, errors = control.run("status", **as_nobody)
        assert (status, errors) == (0, "")
        control.path.chmod(0o660)


def test_hostile_input_gets_an_error_and_nothing_else_is_lost(served):
    dotring, control = served
    assert json.loads(control.raw(b"GET / HTTP/1.1\r\n\r\n"))["ok"] is False
    for line in (b"\0" * 100, b"\xff" * 4000, b"[" * 4000, b'{"verb":"dance"}', b'{"verb":"flush"}',
                 b'{"verb":"flush","name":"a","all":true}', b'{"verb":"status","x":1}', b'{"verb":{}}'):  # fmt: skip
        answer = json.loads(control.raw(line + b"\n"))
        assert answer["ok"] is False and answer["error"], line
    assert b"longer than 4096" in control.raw(b"x" * 4096)
    silent = [socket.socket(socket.AF_UNIX) for _ in range(5)]
    for connection in silent:
        connection.connect(str(control.path))
    # They hold all places until their time is over; whoever waits gets one then.
    assert control.json("status")["health"]["state"] in ("ready", "degraded")
    for connection in silent:
        connection.close()
    assert client.rcode(dotring.ask("x.invalid")) == "NXDOMAIN"


def test_wrong_arguments_are_said_so(served):
    _, control = served
    for arguments in ((), ("dance",), ("flush",), ("flush", "a", "--all"), ("log-level",), ("status", "more")):
        status, output, errors = control.run(*arguments)
        assert (status, output) == (2, "") and errors, arguments
    status, _, errors = control.run("status", environment={"DOTRING_CONTROL_SOCKET": "/nonexistent/x"})
    assert status == 1 and "no such socket" in errors


def test_a_socket_that_cannot_be_made_is_an_error_unless_it_is_the_default(stage):
    status, output = run_once({"listen.dns": "127.0.0.1:0", "admin.listen": "", "control.socket": "/nonexistent/c"})
    assert status == 1 and "control.socket" in output and "make the folder" in output
    status, output = run_once({"control.socket": "/" + "x" * 200}, "--check-config")
    assert status == 2 and "control.socket" in output
    for mode in ("0888", "17777", "rw", ""):
        status, output = run_once({"control.socket_mode": mode}, "--check-config")
        assert status == 2 and "control.socket_mode" in output, mode


def test_what_a_killed_dotring_left_is_no_obstacle(stage, authority):
    upstream = PythonUpstream(stage, authority)
    first, control = start(stage, [upstream])
    first.ended_by_test = True
    first.process.kill()
    assert control.path.exists() and "nobody listens there" in control.refused("status")
    second, _ = start(stage, [upstream])
    assert control.json("status")["process"] == second.process.pid


def test_top_lists_of_all_workers(stage, authority):
    options = {"control.top_clients": "true", "control.top_sample": 1}
    dotring, control = start(stage, [PythonUpstream(stage, authority)], options)
    for count, name in ((20, "often.zone.example"), (5, "now-and-then.zone.example"), (1, "once.zone.example")):
        for _ in range(count):
            dotring.ask(name)
    names = control.json("top", "names")["entries"]
    assert [entry["name"] for entry in names] == [
        "often.zone.example.", "now-and-then.zone.example.", "once.zone.example."]  # fmt: skip
    assert round(sum(entry["share"] for entry in names), 6) == 1
    (client_entry,) = control.json("top", "clients")["entries"]
    assert client_entry["client"] == dotring.server[0] and client_entry["share"] == 1
    (server,) = control.json("top", "upstreams")["entries"]
    assert server["queries"] >= 3 and server["share"] == 1
    assert [entry["name"] for entry in control.json("top", "names", "-n", 1)["entries"]] == ["often.zone.example."]
    assert "often.zone.example." in control.text("top", "names")
    assert control.text("top", "upstreams").splitlines()[0].split() == ["SHARE", "QUERIES", "SERVER"]


def test_clients_are_counted_only_where_that_is_wanted(served):
    _, control = served
    assert "control.top_clients is off" in control.refused("top", "clients")
    assert control.json("top", "names")["seconds"] >= 0
    assert control.run("top", "everything")[0] == 2
    assert b"give names, clients or upstreams" in control.raw(b'{"verb":"top"}\n')


def test_names_are_not_counted_where_that_is_not_wanted(stage, authority):
    dotring, control = start(stage, [PythonUpstream(stage, authority)], {"control.top_names": "false"})
    assert dotring.ask("www.zone.example").answer
    assert "control.top_names is off" in control.refused("top", "names")


def test_top_lists_have_so_many_places(stage):
    options = {"control.top_entries": 10, "control.top_sample": 1, "engine.workers": 1}
    dotring, control = start(stage, [], options)
    for index in range(30):
        dotring.ask(f"n{index}.test")
    assert len(control.json("top", "names", "-n", 100)["entries"]) == 10


def test_top_lists_forget_as_fast_as_is_configured(stage):
    """What was asked once is not there any more after the first half-life: by the default that were a minute."""
    dotring, control = start(stage, [], {"control.top_half_life": 1, "control.top_sample": 1, "engine.workers": 1})
    dotring.ask("once.test")
    wait_for(lambda: control.json("top", "names")["entries"] == [], "it is forgotten")


def test_a_reload_says_what_changed_or_why_nothing_did(stage, authority):
    file = stage.file("dotring.toml", "[rate]\nudp = 100\n")
    _, control = start(stage, [PythonUpstream(stage, authority)], environment={"DOTRING_CONFIG": str(file)})
    assert control.text("reload") == "nothing has changed\n"
    file.write_text("[rate]\nudp = 200\n")
    assert control.json("reload") == {"changed": ["rate.udp"]}
    assert "rate.udp" in control.text("config", "--changed")
    file.write_text("[rate]\nudp = many\n")
    assert "refused" in control.refused("reload")
    values = {entry["key"]: entry["value"] for entry in control.json("config")["keys"]}
    assert values["rate.udp"] == "200"
