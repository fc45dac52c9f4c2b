"""What dotring may do and what it tells a service manager: user, capabilities, system calls, secrets, watchdog."""

import itertools
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile

import pytest
from harness import client, debugger, ports
from harness.dotring import ROOT, Dotring, program, run_once
from harness.manager import Manager
from harness.redis import Redis
from harness.servers import HOST
from harness.upstream import PythonUpstream
from harness.waiting import wait_for

NAME = "www.zone.example"
USER = "nobody"
NET_BIND_SERVICE = 1 << 10
SECCOMP_FILTER = "2"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else, or look into others")


def threads(dotring):
    """The fields of /proc/PID/status of each thread."""
    for folder in pathlib.Path(f"/proc/{dotring.process.pid}/task").iterdir():
        yield dict(re.findall(r"^(\w+):\s*(.*)$", (folder / "status").read_text(), re.MULTILINE))


@pytest.fixture
def common_folder(stage):
    """One that every user can look into, other than pytest's."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dotring-process-"))
    folder.chmod(0o755)
    stage.at_end(lambda: shutil.rmtree(folder))
    return folder


class TestPrivileges:
    @needs_root
    def test_root_becomes_the_user_and_keeps_only_port_53(self, stage, authority, common_folder):
        upstream = PythonUpstream(stage, authority)
        anchors = shutil.copy(authority.path, common_folder / "authorities.pem")
        options = {"process.user": USER, "upstream.ca_file": anchors}
        dotring = Dotring(stage, [upstream], options, port=ports.free_port(512, 1024))
        assert client.addresses(dotring.ask(NAME)) and client.addresses(dotring.ask_tcp(f"tcp.{NAME}"))
        assert dotring.metrics().sum("dotring_process_open_descriptors") > 0
        user = str(pwd.getpwnam(USER).pw_uid)
        for thread in threads(dotring):
            assert set(thread["Uid"].split()) == {user}
            sets = {name: int(thread[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")}
            kept = NET_BIND_SERVICE
            assert sets == {"CapEff": kept, "CapPrm": kept, "CapBnd": kept, "CapInh": 0, "CapAmb": 0}
            assert thread["NoNewPrivs"] == "1"
        # Its own user may not look into it: it is not dumpable.
        assert os.stat(f"/proc/{dotring.process.pid}/fd").st_uid == 0

    @needs_root
    def test_without_low_ports_nothing_is_kept(self, stage, authority):
        dotring = Dotring(stage, [PythonUpstream(stage, authority)])
        for thread in threads(dotring):
            assert {int(thread[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")} == {0}

    def test_a_user_that_does_not_exist_is_told(self):
        status, output = run_once({"process.user": "no-such-user", "listen.dns": f"{HOST}:0", "admin.listen": ""})
        assert status == 1
        assert "process.user" in output and "no-such-user" in output


class TestSystemCalls:
    def test_every_thread_is_restricted_and_all_works(self, stage, authority):
        upstream = PythonUpstream(stage, authority)
        redis = Redis(stage)
        dotring = Dotring(stage, [upstream], {"redis.url": redis.url})
        # The last step of the start, a moment after it answers.
        wait_for(lambda: {thread["Seccomp"] for thread in threads(dotring)} == {SECCOMP_FILTER}, "the filter")
        assert client.addresses(dotring.ask(NAME)) and client.addresses(dotring.ask_tcp(f"tcp.{NAME}"))

        def stored():
            dotring.ask(f"name-{len(upstream.asked)}.zone.example")
            return redis.answer_keys()

        wait_for(stored, "an answer in Redis")
        # A connection that breaks is opened again.
        redis.process.kill()
        redis.start()
        wait_for(stored, "an answer in Redis again")
        assert dotring.post("/api/v1/flush?name=" + NAME)[0] == 200

    def test_it_can_be_switched_off(self, stage, authority):
        dotring = Dotring(stage, [PythonUpstream(stage, authority)], {"process.seccomp": "false"})
        assert {thread["Seccomp"] for thread in threads(dotring)} == {"0"}


class TestSecrets:
    def test_they_come_from_credentials_and_appear_nowhere(self, stage, authority):
        secrets = {"password": "the-password-of-redis", "seal": "5ea1" * 16, "cookie": "c00c1e5c" * 4}
        folder = stage.folder / "credentials"
        folder.mkdir()
        for name, secret in secrets.items():
            (folder / name).write_text(secret + "\n")
            (folder / name).chmod(0o600)
        redis = Redis(stage, password=secrets["password"])
        options = {
            "redis.url": redis.url,
            "redis.password_file": "password",
            "redis.seal_key_file": "seal",
            "cookies.secret_file": "cookie",
            "log.names": "true",
        }
        environment = {"CREDENTIALS_DIRECTORY": str(folder)}
        dotring = Dotring(stage, [PythonUpstream(stage, authority)], options, environment=environment)
        numbers = itertools.count()
        # The password is right: what was learned is there, under a name that the key hides.
        wait_for(lambda: dotring.ask(f"{next(numbers)}.{NAME}") and redis.answer_keys(), "an answer in Redis")
        assert NAME not in "".join(redis.keys())
        redis.cli("config", "set", "requirepass", "another-one")
        redis.cli("client", "kill", "type", "normal", "skipme", "yes", check=False)
        texts = [dotring.page(path)[1] for path in ("/metrics", "/healthz", "/readyz", "/")]
        for action in ("--print-config", "--check-config", "--print-reference"):
            status, output = run_once(options, action, environment=environment)
            assert status == 0, output
            texts.append(output)
        assert dotring.stop() == 0
        texts.append(dotring.process.log())
        for secret in secrets.values():
            assert not [text for text in texts if secret in text]


class TestManager:
    def test_ready_reloading_and_stopping_are_told(self, stage, authority):
        manager = Manager(stage)
        dotring = Dotring(stage, [PythonUpstream(stage, authority)], manager=manager)
        wait_for(lambda: manager.last("READY"), "ready told")
        assert manager.last("STATUS") == "answers"
        dotring.process.signal(signal.SIGHUP)
        wait_for(lambda: manager.last("RELOADING"), "reloading told")
        wait_for(lambda: "READY" in manager.told()[-1], "ready again")
        assert dotring.stop() == 0
        assert manager.last("STOPPING") == "1"
        assert not manager.last("WATCHDOG"), "nobody asked for it"

    def test_the_one_that_takes_over_is_the_service_from_then_on(self, stage, authority):
        manager = Manager(stage)
        upstream = PythonUpstream(stage, authority)
        options = {"life.takeover_socket": stage.folder / "takeover"}
        first = Dotring(stage, [upstream], options, manager=manager)
        second = Dotring(stage, [upstream], options, manager=manager, after=first)
        first.ended_by_test = True
        assert first.process.wait() == 0
        assert manager.last("MAINPID") == str(second.process.pid)
        assert not manager.last("STOPPING"), "the service goes on"

    @needs_root
    def test_a_worker_that_hangs_starves_the_watchdog(self, stage, authority):
        manager = Manager(stage, watchdog_s=2)
        dotring = Dotring(stage, [PythonUpstream(stage, authority)], {"engine.workers": 2}, manager=manager)

        def times_alive():
            return sum("WATCHDOG" in message for message in manager.told())

        # Idle workers too show that they live.
        wait_for(lambda: times_alive() >= 4, "alive")
        with debugger.stopped(debugger.thread_of(dotring.process.pid, "worker 1")):
            assert '"worker":1' in dotring.process.wait_for_log("worker_stuck")
            before = times_alive()
            status, text = dotring.page("/healthz")
            assert status == 503 and "worker 1" in text
            wait_for(lambda: "worker 1" in manager.last("STATUS"), "its number told")
            assert times_alive() == before
        dotring.process.wait_for_log("workers_turn_again")
        wait_for(lambda: times_alive() > before, "alive again")
        assert manager.last("STATUS") == "answers"
        assert dotring.page("/healthz")[0] == 200


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
class TestUnits:
    FOLDER = ROOT / "scripts" / "systemd"
    EXPOSURE_MAX = 20  # of 100, where 96 is a service without any protection

    @pytest.fixture
    def units(self, tmp_path):
        """The unit files, with the program where it was built."""
        for unit in self.FOLDER.iterdir():
            text = unit.read_text().replace("/usr/bin/dotring", str(program("dotring")))
            (tmp_path / unit.name).write_text(text)
        return tmp_path

    def test_systemd_understands_every_line(self, units):
        files = [units / "dotring.service", units / "dotring.socket"]
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True)
        ours = [line for line in done.stderr.splitlines() if "dotring" in line]
        assert done.returncode == 0 and not ours, done.stderr

    def test_the_service_is_little_exposed(self, units):
        command = ["systemd-analyze", "security", "--offline=true", f"--threshold={self.EXPOSURE_MAX}"]
        done = subprocess.run([*command, units / "dotring.service"], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
