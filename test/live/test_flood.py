"""dotring-flood against dotring-responder and against nobody."""

import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import threading

import dns.edns
import dns.message
import pytest
from harness.dotring import ENVIRONMENT, Responder, program
from harness.ports import free_port
from harness.servers import AUTH_NAME, HOST
from harness.waiting import SOON_S

MODES = ("udp", "tcp", "dot")


def run(port, *options, text=None, server=HOST):
    return subprocess.run(
        [program("dotring-flood"), "-s", server, "-p", str(port), *map(str, options)],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(os.environ, **ENVIRONMENT),
    )


def lines(port, *options, **more):
    """All objects of a run that succeeds."""
    done = run(port, "--json", *options, **more)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def total(port, *options, **more):
    return lines(port, *options, **more)[-1]


def port_of(responder, mode):
    return responder.port if mode == "dot" else responder.plain_port


@pytest.mark.parametrize("mode", MODES)
def test_every_query_is_answered_and_counted(stage, authority, mode):
    responder = Responder(stage, authority)
    run = total(port_of(responder, mode), "-m", mode, "-c", 3, "-q", 30, "--count", 3000, "--names", 50)
    assert run["sent"]["queries"] == run["received"]["responses"] == run["response_rcodes"]["NOERROR"] == 3000
    assert run["lost"] == run["mismatched"] == run["unexpected"] == run["empty"] == run["duplicate"] == 0
    assert 0 < run["latency_from_sent"]["p50"] <= run["latency_from_sent"]["max"]


def test_the_json_is_of_the_dns_metrics_schema(stage, authority):
    responder = Responder(stage, authority)
    objects = lines(responder.plain_port, "-Q", 1000, "-l", 0.5, "-S", 0.2)
    header, *periods, last = objects
    assert {each["runid"] for each in objects} == {header["runid"]}
    assert header["type"] == "header" and isinstance(header["schema_version"], int)
    assert header["generator"] == "dotring-flood" and header["stats_interval"] == 0.2
    assert "-Q" in header["generator_params"] and header["generator_version"]
    assert last["type"] == "stats_sum" and {each["type"] for each in periods} == {"stats_periodic"}
    for stats in periods + [last]:
        assert stats["since"] < stats["until"]
        for name in ("sent", "received", "discarded"):
            assert all(isinstance(count, int) for count in stats[name].values())
        for name in ("timeouts", "interrupted", "unexpected"):
            assert isinstance(stats[name], int)
        latency = stats["response_latency"]
        assert all(isinstance(latency[name], int) for name in ("avg", "min", "max", "stddev"))
        assert stats["conn_info"]["type"] == "udp"
    # An answer may be counted as such in one period and its latency in the one before: counting goes on meanwhile.
    for whole in (periods, [last]):
        assert sum(each["sent"]["queries"] for each in whole) == 500
        assert sum(each["received"]["responses"] for each in whole) == 500
        assert sum(bucket[2] for each in whole for bucket in each["response_latency"]["buckets"]) == 500


def test_the_table_has_dnsperfs_lines(stage, authority):
    responder = Responder(stage, authority)
    done = run(responder.plain_port, "-Q", 500, "-l", 0.4, "-S", 0.2)
    assert done.returncode == 0 and done.stderr == ""
    for line in (
        r"  Queries sent:         200\n",
        r"  Queries completed:    200 \(100\.00%\)\n",
        r"  Queries lost:         0 \(0\.00%\)\n",
        r"  Response codes:       NOERROR 200 \(100\.00%\)\n",
        r"  Average packet size:  request \d+, response \d+\n",
        r"  Run time \(s\):         0\.\d{6}\n",
        r"  Queries per second:   \d+\.\d{6}\n",
        r"  Average Latency \(s\):  0\.\d{6} \(min 0\.\d{6}, max \d+\.\d{6}\)\n",
        r"  Latency StdDev \(s\):   0\.\d{6}\n",
        r"p50 +p90 +p95 +p99 +p99\.9 +p99\.99 +max\n",
        r"\d+\.\d{6}: \d+\.\d{6}\n",
    ):
        assert re.search(line, done.stdout), (line, done.stdout)


def test_an_open_loop_keeps_its_rate_and_counts_from_when_queries_were_due(stage, authority):
    responder = Responder(stage, authority, "--default", "latency=50ms")
    run = total(responder.plain_port, "-Q", 1000, "-l", 1)
    assert run["sent"]["queries"] == run["due"] == 1000
    assert run["latency_from_due"]["p50"] >= 50_000_000
    assert run["latency_from_due"]["max"] >= run["latency_from_sent"]["max"]


def test_what_the_server_holds_back_shows_in_the_latency_from_due(stage, authority):
    # Only 10 may be in flight: while they wait, others are due and cannot be sent.
    responder = Responder(stage, authority, "--default", "latency=100ms")
    run = total(responder.plain_port, "-Q", 200, "-l", 1, "-q", 10)
    assert run["latency_from_sent"]["p50"] < 0.5 * run["latency_from_due"]["p99"]
    assert run["lateness"]["p99"] > 100_000_000
    assert run["held_back"] > 0 and any("--outstanding" in remark for remark in run["remarks"])


def test_a_server_that_stalls_is_seen(stage, authority):
    responder = Responder(stage, authority, "--default", "stall=200ms/1s")
    run = total(responder.plain_port, "-Q", 1000, "-l", 2)
    assert run["latency_from_due"]["p99"] >= 150_000_000


@pytest.mark.parametrize("mode", MODES)
def test_what_gets_no_answer_is_lost_and_counts_with_the_timeout(stage, authority, mode):
    responder = Responder(stage, authority, "--default", "drop")
    run = total(port_of(responder, mode), "-m", mode, "-q", 10, "--count", 10, "-t", 0.2)
    assert run["timeouts"] == run["sent"]["queries"] == 10 and run["received"]["responses"] == 0
    assert run["latency_from_due"]["count"] == 10 and run["latency_from_due"]["p50"] >= 200_000_000


def test_answers_that_are_none_are_counted_apart(stage, authority):
    responder = Responder(
        stage, authority, "--rule", "*.other:wrong-question", "--rule", "*.twice:twice", "--rule", "*.id:wrong-id",
        "--rule", "*.long:truncate", "--rule", "*.late:latency=400ms", "--rule", "*.none:nodata",
    )  # fmt: skip

    def ask(suffix, timeout_s):
        return total(responder.plain_port, "-q", 10, "--count", 10, "-t", timeout_s, "--suffix", suffix)

    # What is no answer to a query leaves it waiting until its time is over, in which it must come itself.
    assert ask("other", 1)["mismatched"] == 10
    # One at a time: the id of none of the others.
    assert total(responder.plain_port, "-q", 1, "--count", 5, "-t", 0.3, "--suffix", "id")["unexpected"] == 5
    assert ask("long", 5)["truncated"] == 10
    assert ask("none", 5)["empty"] == 10
    # The second answers must still find somebody who listens.
    twice = total(responder.plain_port, "-q", 1, "--count", 100, "--suffix", "twice")
    assert 90 <= twice["duplicate"] <= 100 and twice["received"]["responses"] == 100
    late = total(responder.plain_port, "-Q", 20, "-l", 1, "-t", 0.2, "--suffix", "late")
    assert late["late"] > 0 and late["timeouts"] == 20


def test_a_file_is_asked_once_or_as_often_as_told(stage, authority):
    responder = Responder(stage, authority, "--log-queries")
    file = stage.file("questions.txt", "one.example A\n; remark\ntwo.example AAAA\nbad..name A\n")
    done = run(responder.plain_port, "-d", file, "-T", 2, "-c", 2)
    assert done.returncode == 0 and "Queries sent:         2\n" in done.stdout
    assert "skipped 1, the first at line 4: not a domain name" in done.stderr
    assert total(responder.plain_port, "-d", file, "-n", 5)["sent"]["queries"] == 10
    assert total(responder.plain_port, "-d", "-", text="three.example MX\n")["sent"]["queries"] == 1
    for name, kind in (("one.example.", "A"), ("two.example.", "AAAA"), ("three.example.", "MX")):
        responder.process.wait_for_log(f'"query":"{name}"')
    log = responder.process.log()
    assert log.count("one.example.") == log.count("two.example.") == 6


def framed(octets):
    return struct.pack("!H", len(octets)) + octets


def test_binary_files_captures_and_name_lists_are_read(stage, authority):
    responder = Responder(stage, authority)
    query = bytes.fromhex("0000010000010000000000000161076578616d706c650000010001")
    binary = stage.folder / "questions.bin"
    binary.write_bytes(framed(query) * 7)
    assert total(responder.plain_port, "-d", binary, "-B")["sent"]["queries"] == 7
    capture = stage.folder / "questions.pcap"
    udp = struct.pack("!HHHH", 4000, 53, 8 + len(query), 0) + query
    ip = bytes([0x45, 0]) + struct.pack("!HHHBBH", 20 + len(udp), 1, 0, 64, 17, 0) + bytes([192, 0, 2, 1, 192, 0, 2, 2])
    packet = struct.pack("<IIII", 1, 0, len(ip + udp), len(ip + udp)) + ip + udp
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + packet * 3)
    assert total(responder.plain_port, "--pcap", capture)["sent"]["queries"] == 3
    names = stage.file("names.txt", "popular.example\nrare.example\n")
    run = total(responder.plain_port, "--name-list", names, "--zipf", 1, "--unseen", 0.1, "--count", 200,
                "--type", "A:2,AAAA:1")  # fmt: skip
    assert run["received"]["responses"] == 200


def test_the_same_seed_sends_the_same_with_edns_as_asked(stage, authority):
    asked = []
    for seed in (5, 5, 6):
        responder = Responder(stage, authority, "--log-queries")
        total(responder.plain_port, "--count", 50, "-q", 1, "--seed", seed, "-D", "-E", "65001:00ff", "--cookie")
        log = responder.process.wait_for(
            lambda responder=responder: [x for x in responder.process.log().splitlines() if '"query"' in x][49:]
            and responder.process.log(),
            "50 queries",
        )
        asked.append([json.loads(line)["query"] for line in log.splitlines() if '"query"' in line])
    assert len(asked[0]) == 50 and asked[0] == asked[1] != asked[2]


class CookieServer(threading.Thread):
    """Answers over UDP; gives a server cookie of eight times the client's first octet, keeps (port, cookie) as asked."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, 0))
        self.port = self.socket.getsockname()[1]
        self.asked = []
        self.start()

    def run(self):
        while True:
            octets, peer = self.socket.recvfrom(4096)
            query = dns.message.from_wire(octets)
            cookie = next(each.to_wire() for each in query.options if each.otype == dns.edns.OptionType.COOKIE)
            self.asked.append((peer[1], cookie))
            answer = dns.message.make_response(query)
            answer.use_edns(options=[dns.edns.GenericOption(10, cookie[:8] + cookie[:1] * 8)])
            self.socket.sendto(answer.to_wire(), peer)


def test_server_cookies_are_sent_back():
    server = CookieServer()
    run = total(server.port, "-c", 2, "-q", 2, "--count", 20, "--cookie", "-E", "65001:00ff")
    assert run["received"]["responses"] == run["response_rcodes"]["NOERROR"] == len(server.asked) == 20
    for port in {port for port, _ in server.asked}:
        first, *others = [cookie for asker, cookie in server.asked if asker == port]
        assert len(first) == 8 and len(others) == 9
        assert set(others) == {first + first[:1] * 8}
    assert len({cookie[:8] for _, cookie in server.asked}) == 2


def test_dnsperfs_ways_to_say_it(stage, authority):
    responder = Responder(stage, authority)
    options = ("-c", 2, "-q", 2, "--count", 20)
    by_name = total(responder.plain_port, "-f", "inet", *options, server="localhost")
    assert by_name["received"]["responses"] == 20
    few = total(responder.plain_port, "-m", "tcp", "-O", "num-queries-per-conn=5", "-O", "suppress=timeout", *options)
    assert few["received"]["responses"] == 20 and few["conn_info"]["handshakes"] >= 4


def test_source_ports_begin_where_told():
    server = CookieServer()
    first = free_port(count=2)
    total(server.port, "-c", 2, "-q", 2, "--count", 4, "--cookie", "-x", first)
    assert {port for port, _ in server.asked} == {first, first + 1}


@pytest.mark.parametrize("mode", MODES)
def test_thousands_of_clients_with_addresses_of_their_own(stage, authority, mode):
    count = 200 if mode == "dot" else 2000
    responder = Responder(stage, authority)
    run = total(port_of(responder, mode), "-m", mode, "-c", count, "-Q", 2 * count, "-l", 1,
                "--source-net", "127.0.0.0/8")  # fmt: skip
    assert run["received"]["responses"] == 2 * count and run["lost"] == 0
    if mode != "udp":
        assert run["conn_info"]["handshakes"] == count


def test_connections_end_when_told_and_sessions_are_resumed(stage, authority):
    responder = Responder(stage, authority)
    options = ("-m", "dot", "-c", 5, "-q", 5, "--count", 100, "--queries-per-connection", 5)
    run = total(responder.port, *options, "--tls-name", AUTH_NAME, "--ca-file", authority.path)
    assert run["conn_info"]["handshakes"] >= 20 and run["lost"] == 0
    assert run["conn_info"]["resumption"]["established"] >= 15
    assert run["conn_info"]["tls_handshake_full"]["count"] == 5
    full = total(responder.port, *options, "--no-resume")
    assert full["conn_info"]["resumption"]["established"] == 0


def test_idle_connections_are_closed_and_made_again(stage, authority):
    responder = Responder(stage, authority)
    run = total(responder.plain_port, "-m", "tcp", "-Q", 5, "-l", 1, "--idle-timeout", 30)
    assert run["received"]["responses"] == 5 and run["conn_info"]["closed"] >= 3


def test_connections_are_begun_at_their_rate(stage, authority):
    responder = Responder(stage, authority)
    run = total(responder.plain_port, "-m", "tcp", "-c", 2, "-q", 2, "-l", 1,
                "--queries-per-connection", 1, "--connections-per-second", 50)  # fmt: skip
    assert 5 <= run["conn_info"]["handshakes"] <= 60


def test_whom_it_does_not_trust_it_does_not_ask(stage, authority):
    responder = Responder(stage, authority)
    done = run(responder.port, "-m", "dot", "--tls-name", "another.test", "--ca-file", authority.path, "-l", 1)
    assert done.returncode == 1 and "not trusted" in done.stderr and len(done.stderr.splitlines()) == 1
    unverified = total(responder.port, "-m", "dot", "--tls-name", "another.test", "--insecure", "--count", 10)
    assert unverified["received"]["responses"] == 10


def test_steps_and_ramps(stage, authority):
    responder = Responder(stage, authority)
    done = run(responder.plain_port, "--steps", "100:0.3,400:0.2")
    assert done.returncode == 0 and "Queries sent:         110\n" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()[1:3]]
    assert [row[0] for row in rows] == ["100", "400"]
    assert total(responder.plain_port, "--ramp", "0:400", "-l", 0.5)["sent"]["queries"] == 100


def test_the_search_finds_what_the_server_keeps_up_with(stage, authority):
    responder = Responder(stage, authority, "--default", "latency=20ms")
    done = run(responder.plain_port, "--search", "-Q", 100, "-q", 4, "-l", 0.5, "--search-p99", 200)
    assert done.returncode == 0, done.stderr
    rate = float(re.search(r"Highest rate \(queries/s\): (\d+)", done.stdout)[1])
    # Four in flight, 20 ms each: 200 per second, and some more while the latency grows to 200 ms.
    assert 50 <= rate <= 320
    # On a machine that is busy otherwise the generator may be the first to be too slow.
    assert "kept up" in done.stdout and re.search("too much|too slow", done.stdout)


def test_two_servers_are_asked_the_same(stage, authority):
    quick = Responder(stage, authority)
    slow = Responder(stage, authority, "--default", "latency=30ms")
    options = ("-Q", 200, "-l", 0.5, "--versus", f"{HOST}:{slow.plain_port}")
    *_, first, second = lines(quick.plain_port, *options)
    assert first["sent"]["queries"] == second["sent"]["queries"] == 100
    assert first["latency_from_due"]["p50"] < 30_000_000 <= second["latency_from_due"]["p50"]
    assert "ratio" in run(quick.plain_port, *options).stdout


def test_a_plot_is_drawn(stage, authority):
    responder = Responder(stage, authority)
    svg, html = stage.folder / "plot.svg", stage.folder / "plot.html"
    for path in (svg, html):
        assert run(responder.plain_port, "-Q", 500, "-l", 0.3, "--plot", path).returncode == 0
    text = svg.read_text()
    assert text.startswith("<svg") and text.count("<polyline") == 3 and "nan" not in text
    assert html.read_text().startswith("<!doctype html>")
    import xml.etree.ElementTree

    assert xml.etree.ElementTree.fromstring(text).tag.endswith("svg")


def processor_ns_of_threads(pid):
    """Processor time so far of each thread of a process but the first, which only reports."""
    times = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if task.name == str(pid):
            continue
        try:
            times[task.name] = int((task / "schedstat").read_text().split()[0])
        except OSError:  # it has ended meanwhile
            continue
    return times


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_share_the_work(stage, authority, threads):
    responder = Responder(stage, authority)
    report = stage.folder / "report.json"
    options = ["-p", responder.plain_port, "-T", threads, "-c", 6, "-Q", 6000, "-l", 600, "-S", 0.1, f"--json={report}"]
    flood = stage.start("flood", [program("dotring-flood"), "-s", HOST, *options], ENVIRONMENT)
    flood.wait_for(flood.log, "an interval that is over")
    before = processor_ns_of_threads(flood.pid)

    def at_work():
        used = [time - before.get(name, 0) for name, time in processor_ns_of_threads(flood.pid).items()]
        busy = [time for time in used if time > 20_000_000]
        return busy if len(busy) >= threads else None

    busy = flood.wait_for(at_work, f"{threads} threads that use a processor")
    assert len(busy) == threads
    flood.signal(signal.SIGINT)
    assert flood.wait() == 0, flood.log()
    run = json.loads(report.read_text().splitlines()[-1])
    assert run["cpu_ns"] >= sum(busy)
    assert run["lost"] == run["interrupted"], "only what waited when it was told to end"
    assert run["unexpected"] == run["mismatched"] == run["duplicate"] == 0


def test_threads_ask_each_question_once(stage, authority):
    """Each thread has its share of a list, of the clients and of the schedule; together they are the whole."""
    responder = Responder(stage, authority, "--log-queries")
    names = [f"name{i}.example" for i in range(100)]
    file = stage.file("questions.txt", "".join(f"{name} A\n" for name in names))
    run = total(responder.plain_port, "-d", file, "-n", 1, "-T", 3, "-c", 5, "-Q", 1000)
    assert run["sent"]["queries"] == run["received"]["responses"] == 100
    for name in names:
        responder.process.wait_for_log(f'"query":"{name}."')
    assert all(responder.process.log().count(f'"query":"{name}."') == 1 for name in names)


def test_a_generator_that_cannot_keep_its_rate_says_so():
    # Nobody listens, and no machine sends 90 million queries per second on one thread.
    run = total(free_port(), "-Q", 90_000_000, "-l", 0.02, "-t", 0.1, "-c", 8)
    assert run["generator_limited"] and any("bottleneck" in remark for remark in run["remarks"])


def test_it_ends_early_with_its_report_when_interrupted(stage, authority):
    responder = Responder(stage, authority)
    command = [program("dotring-flood"), "-s", HOST, "-p", str(responder.plain_port), "-Q", "200", "-l", "600", "-S", "0.1"]
    flood = stage.start("flood", command, ENVIRONMENT)
    flood.wait_for(lambda: flood.log().count("\n") >= 2, "two intervals")
    flood.signal(signal.SIGINT)
    assert flood.wait() == 0
    assert "Queries sent:" in flood.log()


def test_what_waits_when_interrupted_is_counted(stage):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        silent.settimeout(SOON_S)
        command = [program("dotring-flood"), "-s", HOST, "-p", str(silent.getsockname()[1]), "--json"]
        flood = stage.start("flood", [*command, "-q", "20", "-l", "600", "-t", "600"], ENVIRONMENT)
        for _ in range(20):
            silent.recv(4096)
        flood.signal(signal.SIGINT)
        assert flood.wait() == 0
    total = json.loads(flood.log().splitlines()[-1])
    assert (total["sent"]["queries"], total["interrupted"], total["timeouts"]) == (20, 20, 0)
    assert total["latency_from_due"]["p50"] >= 600_000, "the timeout, as of all that have no answer"


class MoodyProxy(threading.Thread):
    """Resets its first connection when that says something, and only then lets the others through."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.behind = (HOST, port)
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        first, _ = self.listener.accept()
        first.recv(1)
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        first.close()
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.behind)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=(source, target), daemon=True).start()

    @staticmethod
    def pass_on(source, target):
        try:
            while octets := source.recv(65536):
                target.sendall(octets)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_one_connection_that_is_not_to_be_had_does_not_end_the_run(stage, authority):
    proxy = MoodyProxy(Responder(stage, authority).port)
    run = total(proxy.port, "-m", "dot", "-c", 3, "-q", 3, "--count", 30)
    assert run["received"]["responses"] > 0 and run["conn_info"]["handshakes"] >= 2


def test_nobody_there_is_one_line_and_status_1():
    for mode in ("tcp", "dot"):
        done = run(free_port(), "-m", mode, "-l", 1)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1 and "refused" in done.stderr


def test_wrong_arguments_are_status_2():
    for arguments in (
        ["-m", "quic"], ["-s", "nonsense"], ["--suffix", "a..b"], ["-E", "x"], ["--type", "NONE"], ["-T", 2],
        ["--steps", "1,x"], ["--ramp", "5"], ["-Q", 5, "--steps", "1"], ["--source-net", "::1/64"], ["-B"],
        ["--ca-file", "x"], ["-d", "a", "--pcap", "b"], ["-d", "a", "-B", "-e"], ["--pcap", "a", "--cookie"],
        ["-n", 2], ["-x", 65535, "-c", 2], ["-x", 4000, "-m", "tcp"], ["-f", "inet6"], ["-O", "doh-method=GET"],
    ):  # fmt: skip
        done = run(53, *arguments)
        assert done.returncode == 2 and done.stderr, arguments
    assert run(53, "-d", "/nonexistent").returncode == 1


def test_usage_is_shown():
    assert run(53, "--help").returncode == 0 and run(53, "--version").stdout.startswith("dotring-flood ")
