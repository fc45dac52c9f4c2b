"""A new dotring takes over from the running one: nobody who asks notices."""

import os
import socket
import stat

import pytest
from harness import client, ports
from harness.control import Control
from harness.dotring import PATIENT, Dotring, Responder, run_once
from harness.flood import all_right, one_after_the_other
from harness.manager import Manager
from harness.seccomp import forbid_io_uring, forbid_seccomp
from harness.servers import HOST
from harness.upstream import HoldingUpstream, PythonUpstream
from harness.waiting import let_pass

NAME = "www.zone.example"
RATE = 3000  # queries per second: enough that each moment of a takeover has some


def takeover_options(stage, **others):
    return {"life.takeover_socket": stage.folder / "takeover", **others}


def ended(dotring):
    """The one that was taken over from drains and ends by itself, and in order."""
    dotring.ended_by_test = True
    return dotring.process.wait() == 0


class TestUnderLoad:
    @pytest.mark.parametrize("transport", ["udp", "tcp"])
    def test_no_query_is_lost(self, stage, authority, transport):
        upstream = Responder(stage, authority)
        first = Dotring(stage, [upstream], takeover_options(stage))
        load = ("-m", transport, "-Q", RATE, "-l", 1, "-c", 20, "--names", 500, "-t", 5)

        def wait_for_load(dotring):
            asked = lambda: dotring.metrics().sum("dotring_queries_total", transport=transport)  # noqa: E731
            dotring.process.wait_for(asked, "load")

        with one_after_the_other(first.server, *load) as results:
            wait_for_load(first)
            dotrings = [first]
            # More workers than before, then fewer: all sockets are read, whoever opened them.
            for workers in (3, 1, 2):
                options = takeover_options(stage, **{"engine.workers": workers})
                dotrings.append(Dotring(stage, [upstream], options, after=dotrings[-1]))
                assert ended(dotrings[-2])
                wait_for_load(dotrings[-1])
        assert all(map(all_right, results))

    def test_connections_go_along_with_what_was_said_on_them(self, stage, authority):
        upstream = PythonUpstream(stage, authority)
        first = Dotring(stage, [upstream], takeover_options(stage))
        message = client.query(NAME)
        framed = client.framed(message)
        with client.TcpClient(first.server) as idle, client.TcpClient(first.server) as begun:
            for connection in (idle, begun):
                connection.send(message)
                assert client.answered_id(connection.receive()) == message.id
            begun.socket.sendall(framed[:7])
            first.process.wait_for(
                lambda: first.metrics().sum("dotring_tcp_sessions") == 2, "two connections"
            )
            second = Dotring(stage, [upstream], takeover_options(stage), after=first)
            assert ended(first)
            begun.socket.sendall(framed[7:])
            assert client.answered_id(begun.receive()) == message.id
            idle.send(message)
            assert client.answered_id(idle.receive()) == message.id
        assert second.metrics().sum("dotring_queries_total", transport="tcp") == 2


    def test_who_waits_is_answered_by_the_old_one_and_what_it_has_not_taken_goes_along(self, stage, authority):
        upstream = HoldingUpstream(stage, authority, NAME)
        options = {**PATIENT, "life.drain_ms": 60_000, "listen.tcp_queries_in_flight_max": 1}
        first = Dotring(stage, [upstream], takeover_options(stage, **options))
        names = (NAME, "one.zone.example", "two.zone.example")
        messages = [client.query(name, id=index + 1) for index, name in enumerate(names)]
        with client.udp_socket(first.server) as udp, client.TcpClient(first.server) as tcp:
            udp.send(messages[0].to_wire())
            tcp.send(*messages)
            first.process.wait_for(lambda: first.metrics().sum("dotring_queries_waiting") == 2, "both wait")
            second = Dotring(stage, [upstream], takeover_options(stage, **options), after=first)
            let_pass(1)  # more than streams have to close when nobody is owed an answer
            assert first.process.status is None
            upstream.release()
            assert client.answered_id(client.received(udp)) == 1
            assert [client.answered_id(tcp.receive()) for _ in messages] == [1, 2, 3]
            assert ended(first)
        assert second.metrics().sum("dotring_queries_total", transport="tcp") == 2


class TestForPeople:
    """dotring-ctl and the admin pages find the new one as soon as it answers, and still when the old one has ended."""

    def test_they_find_the_new_one(self, stage, authority):
        control = Control(stage.folder / "control.sock")
        options = takeover_options(stage, **{"control.socket": control.path, "life.drain_ms": 60_000})
        held = []
        # One question is never answered: the old one waits for it until the test has looked.
        silent = PythonUpstream(stage, authority, lambda asked: held.append(asked.name) or [])
        slow = {"upstream.timeout_ms": 60_000, "upstream.patience_min_ms": 60_000, "upstream.patience_unmeasured_ms": 60_000}
        first = Dotring(stage, [silent], {**options, **slow})
        assert control.process() == first.process.pid
        with client.udp_socket(first.server) as udp:
            udp.send(client.query(NAME).to_wire())
            first.process.wait_for(lambda: held, "a question in flight")
            second = Dotring(stage, [PythonUpstream(stage, authority)], options, after=first)
            first.process.wait_for_log("handing_over")
            assert control.process() == second.process.pid
            assert all(second.page("/readyz")[0] == 200 for _ in range(10)), "the draining one would say 503"
            assert control.text("flush", "--all") == "0 entries removed\n"
            assert first.process.status is None, "it still waits"
            first.ended_by_test = True
            assert first.process.stop() == 0
        assert control.process() == second.process.pid
        assert second.page("/readyz")[0] == 200
        assert second.stop() == 0
        assert not control.path.exists()

    def test_who_waits_on_the_old_one_hears_its_end(self, stage, authority):
        control = Control(stage.folder / "control.sock")
        options = takeover_options(stage, **{"control.socket": control.path})
        upstream = PythonUpstream(stage, authority)
        first = Dotring(stage, [upstream], options)
        with control.connect() as connection:
            second = Dotring(stage, [upstream], options, after=first)
            assert ended(first)
            assert connection.recv(1) == b""
        assert control.process() == second.process.pid


class TestOnlyWhereItStarts:
    def answers(self, dotring):
        return client.addresses(dotring.ask(NAME)) and client.addresses(dotring.ask_tcp(NAME))

    @pytest.mark.parametrize("fault", ["configuration", "kernel", "filter"])
    def test_who_fails_leaves_the_running_one_as_it_was(self, stage, authority, fault):
        control = Control(stage.folder / "control.sock")
        options = takeover_options(stage, **{"control.socket": control.path})
        first = Dotring(stage, [PythonUpstream(stage, authority)], options)
        settings = {
            **options,
            "listen.dns": f"127.0.0.1:{first.port}",
            "admin.listen": f"127.0.0.1:{first.admin_port}",
        }
        if fault == "configuration":
            empty = stage.file("empty.pem", "")
            status, output = run_once({**settings, "upstream.ca_file": empty}, "--takeover")
        else:
            # The last one fails when it has opened everything.
            preexec = {"kernel": forbid_io_uring, "filter": forbid_seccomp}[fault]
            status, output = run_once(settings, "--takeover", preexec=preexec)
        assert status == {"configuration": 2, "kernel": 1, "filter": 1}[fault], output
        first.process.wait_for_log("takeover_failed")
        assert self.answers(first)
        assert first.page("/readyz")[0] == 200
        assert control.process() == first.process.pid
        # And it can be tried again.
        second = Dotring(stage, [PythonUpstream(stage, authority)], options, after=first)
        assert ended(first)
        assert self.answers(second)

    def test_alone_it_just_starts_whatever_an_earlier_one_has_left(self, stage, authority):
        path = stage.folder / "takeover"
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stale:
            stale.bind(str(path))
        settings = takeover_options(stage)
        alone = Dotring(stage, [PythonUpstream(stage, authority)], settings, arguments=["--takeover"])
        assert self.answers(alone)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert alone.stop() == 0
        assert not path.exists()

    def test_without_a_socket_it_is_refused(self):
        status, output = run_once({"listen.dns": "127.0.0.1:0"}, "--takeover")
        assert status == 2 and "life.takeover_socket" in output

    def test_strangers_get_nothing(self, stage, authority):
        first = Dotring(stage, [PythonUpstream(stage, authority)], takeover_options(stage))
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
            stranger.settimeout(client.TIMEOUT_S)
            stranger.connect(str(stage.folder / "takeover"))
            stranger.send(b"Hgive me everything")
            assert stranger.recv(100) == b""
        first.process.wait_for_log("takeover_refused")
        assert self.answers(first)


class TestActivation:
    def test_its_sockets_are_used_and_what_waits_in_them_is_answered(self, stage, authority):
        upstream = PythonUpstream(stage, authority)
        manager = Manager(stage, sockets=1)
        messages = [client.query(NAME, id=index + 1) for index in range(20)]
        with client.udp_socket((HOST, manager.port)) as udp, client.TcpClient((HOST, manager.port)) as tcp:
            for message in messages:
                udp.send(message.to_wire())
            tcp.send(messages[0])
            dotring = Dotring(stage, [upstream], manager=manager)
            answered = {client.answered_id(client.received(udp)) for _ in messages}
            assert answered == {message.id for message in messages}
            assert client.answered_id(tcp.receive()) == messages[0].id
            # While none runs, nothing is refused and nothing lost.
            assert dotring.stop() == 0
            udp.send(messages[1].to_wire())
            again = Dotring(stage, [upstream], manager=manager)
            assert client.answered_id(client.received(udp)) == messages[1].id
        # Two workers, one socket: both listen on it.
        assert len(inodes_of_listeners(again)) == 1

    def test_addresses_that_nobody_configured_are_told(self, stage, authority):
        manager = Manager(stage, sockets=1)
        options = {"listen.dns": f"{HOST}:{ports.free_port()}"}
        dotring = Dotring(stage, [PythonUpstream(stage, authority)], options, manager=manager)
        assert f"UDP {HOST}:{manager.port}" in dotring.process.wait_for_log("socket_not_used")


def inodes_of_listeners(dotring):
    """The UDP sockets that a dotring holds, by what they are and not how often it holds them."""
    with open("/proc/net/udp") as table:
        bound = {line.split()[9] for line in table if line.split()[1].endswith(f":{dotring.port:04X}")}
    folder = f"/proc/{dotring.process.pid}/fd"
    held = {os.readlink(f"{folder}/{number}") for number in os.listdir(folder)}
    return {inode for inode in bound if f"socket:[{inode}]" in held}
