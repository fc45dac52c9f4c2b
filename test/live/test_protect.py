"""Whom dotring serves: access lists, rate limits and cookies, against the running program.

Clients of other networks are other addresses of loopback: all of 127.0.0.0/8 is this host.
"""

import socket
import sys
import time

import dns.edns
import dns.flags
import pytest
from harness import client, namespaces, ports
from harness.dotring import Dotring, run_once
from harness.waiting import wait_for

NAME = "localhost"  # dotring answers it itself: no upstream is needed
CLIENT_COOKIE = bytes(range(8))
PROHIBITED = 18


def exchange(dotring, source, message, timeout_s=client.TIMEOUT_S):
    """The reply to a client at `source`, or None when there is none in time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(timeout_s)
        udp.bind((source, 0))
        udp.connect(dotring.server)
        udp.send(message.to_wire())
        try:
            return client.received(udp)
        except TimeoutError:
            return None


def ask(dotring, source, cookie=None, edns=True, timeout_s=client.TIMEOUT_S):
    options = [dns.edns.GenericOption(10, cookie)] if cookie else []
    return exchange(dotring, source, client.query(NAME, use_edns=0 if edns else -1, options=options), timeout_s)


def cookie_of(reply):
    """The COOKIE option of a reply as octets, or None."""
    return next((option.to_wire() for option in reply.options if option.otype == 10), None)


def send_many(dotring, source, count, cookie=None):
    """`count` queries at once from one socket; the rcodes (with "TC" for truncated ones) of all replies."""
    options = [dns.edns.GenericOption(10, cookie)] if cookie else []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((source, 0))
        udp.connect(dotring.server)
        for _ in range(count):
            udp.send(client.query(NAME, use_edns=0, options=options).to_wire())
        udp.settimeout(0.3)
        replies = []
        try:
            while len(replies) < count:
                replies.append(client.received(udp))
        except TimeoutError:
            pass
    return ["TC" if reply.flags & dns.flags.TC else client.rcode(reply) for reply in replies]


def tcp_connects(dotring, source):
    """Whether a query by TCP from `source` is answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.settimeout(client.TIMEOUT_S)
        tcp.bind((source, 0))
        try:
            tcp.connect(dotring.server)
            tcp.sendall(client.framed(client.query(NAME)))
            return tcp.recv(2) != b""
        except ConnectionError:
            return False


# ----------------------------------------------------------------------------------------------------------
# Access lists


@pytest.fixture
def with_lists(stage):
    return Dotring(
        stage,
        options={
            "access.allow": "127.0.0.0/24",
            "access.refuse": "127.0.0.64/26,127.9.0.0/16",
            "access.drop": "127.5.0.0/16",
        },
    )


def test_the_longest_network_decides(with_lists):
    assert client.rcode(ask(with_lists, "127.0.0.1")) == "NOERROR"
    for refused in ("127.0.0.65", "127.9.0.1", "127.77.0.1"):
        reply = ask(with_lists, refused)
        assert client.rcode(reply) == "REFUSED", refused
        assert client.extended_errors(reply) == [PROHIBITED]
        assert not reply.answer
    assert ask(with_lists, "127.5.0.1", timeout_s=0.3) is None
    metrics = with_lists.metrics()
    assert metrics.sum("dotring_access_turned_away_total", action="refuse") == 3
    assert metrics.sum("dotring_access_turned_away_total", action="drop") == 1
    assert metrics.sum("dotring_queries_dropped_total", reason="turned_away") == 1


def test_without_edns_a_refusal_is_plain(with_lists):
    reply = ask(with_lists, "127.9.0.1", edns=False)
    assert client.rcode(reply) == "REFUSED"
    assert reply.edns < 0


def test_over_tcp_who_is_dropped_is_closed_and_who_is_refused_is_told(with_lists):
    assert tcp_connects(with_lists, "127.0.0.1")
    assert tcp_connects(with_lists, "127.9.0.1")
    assert not tcp_connects(with_lists, "127.5.0.1")
    metrics = with_lists.metrics()
    assert metrics.sum("dotring_tcp_refused_total", reason="access") == 1
    assert metrics.sum("dotring_access_turned_away_total", action="refuse") == 1


def test_ten_thousand_networks_come_from_files(stage, tmp_path):
    refused = tmp_path / "refused"
    refused.write_text("# a list\n\n" + "".join(f"10.{i // 256}.{i % 256}.0/24\n" for i in range(10_000)) + "127.3.3.3 # x\n")
    allowed = tmp_path / "allowed"
    allowed.write_text("127.3.0.0/16\r\n2001:db8::/32\r\n")
    dropped = tmp_path / "dropped"
    dropped.write_text("127.3.3.4")
    dotring = Dotring(
        stage,
        options={
            "access.allow": "127.4.0.0/16",
            "access.allow_file": allowed,
            "access.refuse_file": refused,
            "access.drop_file": dropped,
        },
    )
    assert client.rcode(ask(dotring, "127.4.0.1")) == "NOERROR"
    assert client.rcode(ask(dotring, "127.3.3.2")) == "NOERROR"
    assert client.rcode(ask(dotring, "127.3.3.3")) == "REFUSED"
    assert ask(dotring, "127.3.3.4", timeout_s=0.3) is None


def test_an_address_can_be_for_fewer_clients_than_the_others(stage):
    inside, outside = f"127.0.0.1:{ports.free_port()}", f"127.0.0.1:{ports.free_port()}"
    options = {"listen.dns": f"{inside},{outside}", "access.restrict": f"{inside} 127.0.0.7/32 192.0.2.0/24"}
    dotring = Dotring(stage, options={**options, "access.refuse": "127.9.0.0/16"})

    def rcode_at(address, source, ask_by=ask):
        dotring.port = int(address.rsplit(":", 1)[1])
        return client.rcode(ask_by(dotring, source))

    assert [rcode_at(inside, "127.0.0.7"), rcode_at(outside, "127.0.0.7")] == ["NOERROR", "NOERROR"]
    assert [rcode_at(inside, "127.0.0.8"), rcode_at(outside, "127.0.0.8")] == ["REFUSED", "NOERROR"]
    assert [rcode_at(inside, "127.9.0.1"), rcode_at(outside, "127.9.0.1")] == ["REFUSED", "REFUSED"]
    dotring.port = int(inside.rsplit(":", 1)[1])
    assert client.rcode(dotring.ask_tcp(NAME)) == "REFUSED"
    metrics = dotring.metrics()
    assert metrics.sum("dotring_access_turned_away_total", list="listener", action="refuse") == 2
    assert metrics.sum("dotring_access_turned_away_total", list="all", action="refuse") == 2


@pytest.mark.parametrize(
    "key, value, why",
    [
        ("access.allow", "10.0.0.1/8", "bits set behind its prefix"),
        ("access.drop", "example", "not a network"),
        ("access.refuse_file", "/nonexistent/file", "cannot be read"),
        ("access.restrict", "192.0.2.1:53 10.0.0.0/8", "not one of listen.dns"),
        ("access.restrict", "127.0.0.1:5300", "no network behind the address"),
        ("cookies.secret_file", "/nonexistent/file", "cannot be read"),
        ("cookies.secret_file_old", "/dev/null", "there is no new secret"),
        ("rate.ipv4_prefix", "33", "out of range"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(key, value, why):
    status, output = run_once({key: value}, "--check-config")
    assert status == 2
    assert key in output and why in output
    assert len(output.splitlines()) == 1


def test_a_wrong_line_of_a_file_is_named(tmp_path):
    path = tmp_path / "networks"
    path.write_text("10.0.0.0/8\n\n10.0.0.0/99\n")
    status, output = run_once({"access.drop_file": path}, "--check-config")
    assert status == 2
    assert "access.drop_file" in output and "line 3" in output


def test_a_resolver_that_is_open_to_everybody_says_so(stage):
    everybody = {"access.allow": "0.0.0.0/0,::/0"}
    dotring = Dotring(stage, options=everybody)
    assert client.rcode(ask(dotring, "127.7.7.7")) == "NOERROR"
    dotring.process.wait_for_log("open_to_everybody")
    limited = Dotring(stage, options={**everybody, "rate.udp": 100})
    assert "open_to_everybody" not in limited.process.log()


# ----------------------------------------------------------------------------------------------------------
# Rate limits


def test_above_its_rate_a_client_is_sent_to_tcp_and_nobody_else_is(stage):
    dotring = Dotring(stage, options={"rate.udp": 10, "rate.burst_ms": 1000, "rate.slip": 1})
    replies = send_many(dotring, "127.0.0.2", 100)
    assert len(replies) == 100
    assert 10 <= replies.count("NOERROR") <= 20, replies
    assert replies.count("TC") == 100 - replies.count("NOERROR")
    assert client.rcode(ask(dotring, "127.0.0.3")) == "NOERROR"
    assert tcp_connects(dotring, "127.0.0.2"), "TCP passes the limit of UDP"
    limited = dotring.metrics().sum("dotring_rate_limited_total", client="udp", action="truncate")
    assert limited == replies.count("TC")


def test_all_workers_count_what_a_client_asks_together(stage):
    # Twenty at once, then one a second: each of four by itself would answer eighty.
    options = {"rate.udp": 1, "rate.burst_ms": 20_000, "rate.over_limit": "drop", "engine.workers": 4}
    dotring = Dotring(stage, options=options)
    with client.many_sockets(dotring.server, client.query(NAME).to_wire(), 200):
        wait_for(lambda: dotring.metrics().sum("dotring_queries_total") == 200, "all have come")
    assert 20 <= 200 - dotring.metrics().sum("dotring_rate_limited_total", client="udp") < 70


@pytest.mark.parametrize("over_limit, slip, answered", [("truncate", 4, "TC"), ("refuse", 4, "REFUSED"), ("drop", 1, None)])
def test_only_each_slipth_query_over_the_limit_is_answered(stage, over_limit, slip, answered):
    # One worker: each counts its own.
    options = {"rate.udp": 1, "rate.slip": slip, "rate.over_limit": over_limit, "engine.workers": 1}
    dotring = Dotring(stage, options=options)
    replies = send_many(dotring, "127.0.0.2", 101)
    over = 101 - replies.count("NOERROR")
    assert over >= 95
    if answered:
        assert replies.count(answered) == over // slip
    else:
        assert len(replies) == 101 - over
    drops = dotring.metrics().sum("dotring_rate_limited_total", client="udp", action="drop")
    assert drops == 101 - len(replies)


def test_a_client_can_be_a_network_and_networks_can_be_exempt(stage):
    # Twenty at once, then one a second.
    options = {"rate.udp": 1, "rate.burst_ms": 20_000, "rate.over_limit": "drop"}
    networks = {"rate.ipv4_prefix": 24, "rate.exempt": "127.2.0.0/16"}
    dotring = Dotring(stage, options={**options, **networks})
    assert len(send_many(dotring, "127.1.1.1", 50)) >= 20
    assert len(send_many(dotring, "127.1.1.2", 50)) < 10
    assert len(send_many(dotring, "127.1.2.1", 50)) >= 20
    assert len(send_many(dotring, "127.2.0.1", 50)) == 50


def test_a_client_can_be_an_ipv6_network_of_any_size(stage):
    """Two networks of 64 bits: by the default they are one client. Loopback has no such addresses."""
    sources = ("fd00:0:0:1::1", "fd00:0:0:2::1")
    addresses = " && ".join(f"ip address add {source}/128 dev lo nodad" for source in sources)
    prefix = namespaces.prefix("net", f"ip link set lo up && {addresses}")
    # Twenty at once, then one a second.
    options = {"rate.udp": 1, "rate.burst_ms": 20_000, "rate.over_limit": "drop", "rate.ipv6_prefix": 64}
    dotring = Dotring(stage, options=options, listen=["::"], prefix=prefix, wait=False)
    dotring.process.wait_for_log("ready")
    message = client.query(NAME).to_wire().hex()
    for source in sources:
        script = [sys.executable, "-c", ASK_MANY, source, dotring.port, message]
        answered = client.run_tool(*map(str, [*namespaces.inside(dotring.process, prefix), *script]))
        assert 20 <= int(answered) < 50


# As send_many(), in another network: how many of 50 were answered.
ASK_MANY = """
import socket, sys
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.bind((sys.argv[1], 0))
udp.connect((sys.argv[1], int(sys.argv[2])))
udp.settimeout(0.3)
answered = 0
for _ in range(50):
    udp.send(bytes.fromhex(sys.argv[3]))
try:
    while udp.recv(4096):
        answered += 1
except TimeoutError:
    print(answered)
"""


def test_tcp_has_a_limit_of_its_own(stage):
    dotring = Dotring(stage, options={"rate.proven": 10})
    with client.TcpClient(dotring.server) as tcp:
        tcp.send(*[client.query(NAME, use_edns=0) for _ in range(50)])
        replies = [tcp.receive() for _ in range(50)]
    refused = [reply for reply in replies if client.rcode(reply) == "REFUSED"]
    assert 30 <= len(refused) <= 40
    assert client.extended_errors(refused[0]) == [PROHIBITED]
    assert len(send_many(dotring, "127.0.0.2", 50)) == 50, "UDP has none"
    assert dotring.metrics().sum("dotring_rate_limited_total", client="proven", action="refuse") == len(refused)


def test_an_honest_client_loses_nothing_beside_forged_ones(stage):
    """Each forged address asks a few times, in a table that they fill many times over."""
    dotring = Dotring(stage, options={"rate.udp": 100, "rate.table": "4KiB", "rate.over_limit": "drop"})
    answered = 0
    due = time.monotonic()
    until = due + 1
    forged = 0
    while time.monotonic() < until:
        for _ in range(40):
            forged += 1
            source = f"127.{1 + forged // 65536 % 250}.{forged // 256 % 256}.{forged % 256}"
            if forged % 256 in (0, 255):
                continue
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.bind((source, 0))
                udp.sendto(client.query(NAME).to_wire(), dotring.server)
        if time.monotonic() < due:
            continue  # at half of what it may ask, however quick the machine is
        assert client.rcode(ask(dotring, "127.0.0.2")) == "NOERROR"
        due += 0.02
        answered += 1
    assert answered > 5 and forged > 512


# ----------------------------------------------------------------------------------------------------------
# Cookies


def test_a_cookie_is_given_valid_and_bound_to_its_address(stage):
    dotring = Dotring(stage)
    first = cookie_of(ask(dotring, "127.0.0.2", CLIENT_COOKIE))
    assert len(first) == 24 and first[:8] == CLIENT_COOKIE and first[8:12] == bytes([1, 0, 0, 0])
    assert cookie_of(ask(dotring, "127.0.0.2", first)) == first
    assert cookie_of(ask(dotring, "127.0.0.3", first)) != first
    assert cookie_of(ask(dotring, "127.0.0.2")) is None
    metrics = dotring.metrics()
    for state, count in (("missing", 1), ("valid", 1), ("invalid", 1), ("none", 1)):
        assert metrics.sum("dotring_cookies_total", cookie=state) == count, state


def test_answers_that_had_to_be_asked_for_carry_it_too(stage, unbound):
    dotring = Dotring(stage, [unbound])
    options = [dns.edns.GenericOption(10, CLIENT_COOKIE)]
    for transport in (dotring.ask, dotring.ask, dotring.ask_tcp):
        reply = transport("www.zone.example", use_edns=0, options=options)
        assert client.addresses(reply) == ["192.0.2.1", "192.0.2.2"]
        assert cookie_of(reply)[:8] == CLIENT_COOKIE


@pytest.mark.parametrize("size", [1, 7, 9, 15, 41])
def test_a_malformed_cookie_is_a_format_error(stage, size):
    reply = ask(Dotring(stage), "127.0.0.2", bytes(size))
    assert client.rcode(reply) == "FORMERR"
    assert cookie_of(reply) is None


def test_switched_off_nobody_gets_one(stage):
    dotring = Dotring(stage, options={"cookies.enabled": "false"})
    reply = ask(dotring, "127.0.0.2", CLIENT_COOKIE)
    assert client.rcode(reply) == "NOERROR" and cookie_of(reply) is None


def test_a_valid_cookie_passes_the_limit_of_those_who_forge_its_address(stage):
    dotring = Dotring(stage, options={"rate.udp": 5, "rate.over_limit": "drop", "rate.burst_ms": 1000})
    cookie = cookie_of(ask(dotring, "127.0.0.2", CLIENT_COOKIE))
    assert len(send_many(dotring, "127.0.0.2", 100)) <= 10
    assert send_many(dotring, "127.0.0.2", 100, cookie) == ["NOERROR"] * 100


def test_neither_a_forged_cookie_nor_that_of_another_address_passes_it(stage):
    dotring = Dotring(stage, options={"rate.udp": 5, "rate.over_limit": "drop", "rate.burst_ms": 1000})
    cookie = cookie_of(ask(dotring, "127.0.0.2", CLIENT_COOKIE))
    assert len(send_many(dotring, "127.0.0.2", 100, cookie[:-1] + bytes([cookie[-1] ^ 1]))) <= 10
    assert len(send_many(dotring, "127.0.0.3", 100, cookie)) <= 10


def test_over_its_limit_a_client_that_knows_cookies_learns_one(stage):
    dotring = Dotring(stage, options={"rate.udp": 1, "rate.slip": 1})
    replies = send_many(dotring, "127.0.0.2", 20, CLIENT_COOKIE)
    assert replies.count("BADCOOKIE") == 20 - replies.count("NOERROR") >= 15


def test_required_cookies_are_asked_for_and_kdig_comes_back_with_one(stage):
    dotring = Dotring(stage, options={"cookies.required": "true"})
    told = ask(dotring, "127.0.0.2", CLIENT_COOKIE)
    assert client.rcode(told) == "BADCOOKIE"
    assert client.rcode(ask(dotring, "127.0.0.2", cookie_of(told))) == "NOERROR"
    assert client.rcode(ask(dotring, "127.0.0.2")) == "NOERROR", "who knows no cookies is served"
    assert tcp_connects(dotring, "127.0.0.2")
    assert dotring.metrics().sum("dotring_cookies_required_total") == 1
    for tool in (client.kdig, client.dig):
        answer = tool(dotring.server, "+cookie", NAME, "A")
        assert "status: NOERROR" in answer and "127.0.0.1" in answer


def test_servers_with_one_secret_accept_each_others_cookies_also_while_it_changes(stage, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("00112233445566778899aabbccddeeff\n")
    new.write_bytes(bytes(range(16)))
    old.chmod(0o600)
    new.chmod(0o644)
    required = {"cookies.required": "true"}
    one = Dotring(stage, options={**required, "cookies.secret_file": old})
    two = Dotring(stage, options={**required, "cookies.secret_file": new, "cookies.secret_file_old": old})
    other = Dotring(stage, options=required)
    cookie = cookie_of(ask(one, "127.0.0.2", CLIENT_COOKIE))
    moved = ask(two, "127.0.0.2", cookie)
    assert client.rcode(moved) == "NOERROR"
    assert cookie_of(moved) != cookie, "made with the new secret"
    assert client.rcode(ask(one, "127.0.0.2", cookie_of(moved))) == "BADCOOKIE"
    assert client.rcode(ask(other, "127.0.0.2", cookie)) == "BADCOOKIE"
    two.process.wait_for_log("secret_readable_by_others")
    wait_for(lambda: "ready" in one.process.log(), "a whole log")
    assert "secret_readable_by_others" not in one.process.log()
