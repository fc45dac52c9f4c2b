"""What keeps dotring from starting: one line with key, value, cause and remedy, nothing besides, and the exit status of
the kind: 2 what is configured is refused, 1 it could not start."""

import contextlib
import re
import socket

import pytest
from harness import namespaces, ports
from harness.dotring import run_once
from harness.seccomp import forbid_io_uring

BASE = {"admin.listen": "127.0.0.1:0", "listen.dns": "127.0.0.1:0", "control.socket": "", "engine.workers": 2}
REFUSED, COULD_NOT_START = 2, 1

ADDRESS = "give 192.0.2.1:53 or [2001:db8::1]:53"
SERVER = "give tls://ADDRESS[:PORT][?pin=BASE64&weight=NUMBER][#AUTH-NAME]"
PEM = "give a PEM file with the authorities' certificates"
WRITABLE = "in a folder that is there and that dotring's user may write to"
NOT_THERE = "cannot be read: No such file or directory"
READABLE = "give a file that dotring may read"
NO_INTERFACE = "no interface has this address: choose one that `ip address` shows"
TAKEN = "stop the program that listens there, or choose another address"
IO_URING = (
    "it is forbidden here: allow io_uring_setup, io_uring_enter and io_uring_register in the container's seccomp "
    "profile, or set sysctl kernel.io_uring_disabled=0"
)


def check(result, status, key, value, cause, remedy, origin=""):
    """The whole output. `cause` is a pattern: some of it is in the words of a library."""
    where = f" ({origin})" if origin else ""
    line = re.escape(f'dotring: {key} = "{value}"{where}: ') + f"(?:{cause})" + re.escape(f"; {remedy}\n")
    assert result[0] == status and re.fullmatch(line, result[1]), result


@pytest.mark.parametrize(
    "key, value, cause, remedy",
    [
        ("listen.dns", "nonsense", "not an address and port", ADDRESS),
        ("listen.dns", "127.0.0.1:70000", "not an address and port", ADDRESS),
        ("upstream.servers", "udp://127.0.0.1:53", "dotring asks upstream over TLS only, not over udp", SERVER),
        ("upstream.servers", "tls://example.net", "'example.net' is not an IP address .*", SERVER),
        ("redis.url", "redis://redis.example", "'redis.example' is no address: .*", "give IP addresses or localhost"),
        ("redis.url", "redis://127.0.0.1?colour=red", "there is no option 'colour'", "give one of db, user, password"),
        ("upstream.timeout_ms", "1", "out of range", "give a whole number from 100 to 60000"),
        ("cache.memory", "lots", "not a size", "give a size from 1MiB to 1TiB"),
        ("cache.ttl_max", "-1", "not a whole number", "give a whole number from 1 to 604800"),
        ("engine.workers", "100000", "out of range", "give a whole number from 0 to 256"),
        ("log.level", "loud", "not known", "give one of debug, info, warning, error"),
        (
            "upstream.servers",
            "tls://192.0.2.1?pin=x",
            "'x' is no pin",
            "give base64 of the SHA-256 of the public key (44 characters)",
        ),
        ("control.socket_mode", "9", "not permissions as chmod takes them", "give 0660"),
    ],
)
def test_a_wrong_value(key, value, cause, remedy):
    for arguments in ([], ["--check-config"]):
        check(run_once({**BASE, key: value}, *arguments), REFUSED, key, value, cause, remedy, "command line")


@pytest.mark.parametrize(
    "key, value, cause, remedy",
    [
        ("listen.dns", "", "empty", "give at least one address"),
        ("upstream.ciphers", "NONE", "no cipher of this list is known", "leave it empty for the usual ones"),
        ("audit.file", "/does/not/exist", "cannot be written: No such file or directory", f"give a file {WRITABLE}"),
        ("redis.channel", "x" * 65, "longer than 64 octets", "make it shorter"),
        ("redis.prefix", "x" * 65, "longer than 64 octets", "make it shorter"),
        ("access.allow_file", "/does/not/exist", NOT_THERE, "give a file of networks"),
        ("cookies.secret_file", "/does/not/exist", NOT_THERE, READABLE),
        ("audit.hash_key_file", "/does/not/exist", NOT_THERE, READABLE),
        (
            "upstream.ca_file",
            "/does/not/exist.pem",
            "cannot be read: No such file or directory",
            "give a PEM file, or leave it empty for the system's authorities",
        ),
    ],
)
def test_a_value_that_this_machine_or_a_library_refuses(key, value, cause, remedy):
    for arguments in ([], ["--check-config"]):
        check(run_once({**BASE, key: value}, *arguments), REFUSED, key, value, cause, remedy)


def test_more_shards_than_memory_for_them():
    cause = "too many for cache.memory: with less than 64 KiB each, nothing is kept"
    remedy = "give at most 512, or more memory"
    small = {**BASE, "cache.memory": "32MiB"}
    check(run_once({**small, "cache.shards": 513}, "--check-config"), REFUSED, "cache.shards", 513, cause, remedy)
    status, output = run_once({**small, "cache.shards": 512}, "--check-config")
    assert status == 0, output


def test_files_of_redis(tmp_path):
    redis = {**BASE, "redis.url": "rediss://127.0.0.1"}
    for key in ("redis.password_file", "redis.seal_key_file"):
        check(run_once({**redis, key: tmp_path / "none"}), REFUSED, key, tmp_path / "none", NOT_THERE, READABLE)
    result = run_once({**redis, "redis.ca_file": tmp_path / "none"})
    remedy = "give a PEM file with the certificates of authorities"
    check(result, REFUSED, "redis.ca_file", tmp_path / "none", "No such file or directory", remedy)


@pytest.mark.parametrize("key", ["audit.file", "dnstap.target"])
def test_a_file_that_could_not_be_moved_away(tmp_path, key):
    path = tmp_path / "log"
    path.touch()
    mounts = f"mount --bind {tmp_path} {tmp_path} && mount --bind {path} {path} && mount -o remount,bind,ro {tmp_path}"
    fixed = namespaces.prefix("mount", mounts)
    cause = "cannot be written: it could not be moved away at audit.file_size_max: Read-only file system"
    check(run_once({**BASE, key: path}, prefix=fixed), REFUSED, key, path, cause, f"give a file {WRITABLE}")
    status, output = run_once({**BASE, key: path, "audit.file_size_max": 0}, "--check-config", prefix=fixed)
    assert status == 0, output


@pytest.mark.parametrize(
    "text, cause",
    [
        ("", "no usable certificate in it: it is empty"),
        ("hello\n", r"no usable certificate in it: .+ \(-\d+\)"),
        ("-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n", r"no usable certificate in it: .+ \(-\d+\)"),
        (None, "Is a directory"),
    ],
    ids=["empty", "no PEM", "no certificate", "folder"],
)
def test_authorities_that_are_none(tmp_path, text, cause):
    path = tmp_path / "authorities.pem"
    path.mkdir() if text is None else path.write_text(text)
    check(run_once({**BASE, "upstream.ca_file": path}), REFUSED, "upstream.ca_file", path, cause, PEM)


def test_a_machine_without_authorities():
    bare = namespaces.prefix("mount", "mount -t tmpfs none /etc/ssl")
    cause, remedy = "the system's trust store has no certificates", "install ca-certificates, or give a PEM file"
    check(run_once(BASE, prefix=bare), REFUSED, "upstream.ca_file", "", cause, remedy)


def test_a_key_that_there_is_not(tmp_path):
    status, output = run_once({**BASE, "no.such_key": "1"})
    assert status == REFUSED
    assert output == 'dotring: --no.such_key = "1" (command line): not a key; `dotring --print-config` shows all\n'
    file = tmp_path / "dotring.toml"
    file.write_text("[cache]\nmemry = 'lots'\n")
    result = run_once({}, "--config", file)
    check(result, REFUSED, "cache.memry", "lots", "not a key", "did you mean cache.memory?", f"{file} line 2")


def test_a_wrong_value_is_told_with_its_place(tmp_path):
    wrong = ("cache.memory", "lots", "not a size", "give a size from 1MiB to 1TiB")
    result = run_once(BASE, environment={"DOTRING_CACHE_MEMORY": "lots"})
    check(result, REFUSED, *wrong, "environment DOTRING_CACHE_MEMORY")
    file = tmp_path / "dotring.toml"
    file.write_text("[cache]\nmemory = 'lots'\n")
    check(run_once({}, "--config", file), REFUSED, *wrong, f"{file} line 2")


def test_a_file_that_is_missing_or_not_toml(tmp_path):
    file = tmp_path / "dotring.toml"
    cause = "cannot be read: No such file or directory"
    check(run_once({}, "--config", file), REFUSED, "--config", file, cause, "give the path of a TOML file")
    directory = "cannot be read: Is a directory"
    check(run_once({}, "--config", tmp_path), REFUSED, "--config", tmp_path, directory, "give the path of a TOML file")
    file.write_text("[cache\n")
    status, output = run_once({}, "--config", file)
    start, remedy = f"dotring: {file} line 1: not TOML: ", "; `dotring --print-config` shows the form\n"
    assert status == REFUSED and re.fullmatch(re.escape(start) + ".+" + re.escape(remedy), output), output


@pytest.mark.parametrize(
    "key, value, cause, remedy",
    [
        ("listen.dns", "192.0.2.1:5300", r"UDP bind: Cannot assign requested address \(99\)", NO_INTERFACE),
        ("admin.listen", "192.0.2.1:5300", r"bind: Cannot assign requested address \(99\)", NO_INTERFACE),
        ("process.user", "nobody.x", "there is no such user", "make one (useradd --system) or choose another"),
        (
            "control.socket",
            "/does/not/exist/x",
            "bind: No such file or directory",
            "make the folder, or choose another path",
        ),
        ("control.socket", "/dev/null/x", "bind: Not a directory", "choose another path"),
        (
            "life.takeover_socket",
            "/does/not/exist/x",
            r"bind: No such file or directory \(2\)",
            f"give a path {WRITABLE}",
        ),
    ],
)
def test_what_this_machine_does_not_give(key, value, cause, remedy):
    check(run_once({**BASE, key: value}), COULD_NOT_START, key, value, cause, remedy)


@pytest.mark.parametrize(
    "key, kind, call",
    [
        ("listen.dns", socket.SOCK_DGRAM, "UDP bind"),
        ("listen.dns", socket.SOCK_STREAM, "TCP bind"),
        ("admin.listen", socket.SOCK_STREAM, "bind"),
    ],
)
def test_a_port_that_is_taken(key, kind, call):
    with taken(kind) as address:
        result = run_once({**BASE, key: address})
    check(result, COULD_NOT_START, key, address, rf"{call}: Address already in use \(98\)", TAKEN)


@contextlib.contextmanager
def taken(kind):
    """An address that another program has."""
    with socket.socket(socket.AF_INET, kind) as holder:
        if kind == socket.SOCK_STREAM:
            # A connection of a test before this one may still be in TIME_WAIT there.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", ports.free_port()))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        yield "127.0.0.1:{}".format(holder.getsockname()[1])


def test_io_uring_that_is_forbidden():
    result = run_once(BASE, preexec=forbid_io_uring)
    cause = r"io_uring is not available: Operation not permitted \(1\)"
    check(result, COULD_NOT_START, "engine.workers", "2", cause, IO_URING)
