"""Reloads under load: another access list, cache policy and limits of queries each time."""

import signal
import time

from operation.setting import Dotring, Load, Responder, failures


def changes(number):
    """Something of each class that a reload brings to all workers."""
    networks = [f"10.{index}.0.0/16" for index in range(number % 50)]
    return {
        "access": {"allow": ["127.0.0.0/8", *networks]},
        "rate": {"udp": 900_000 + number},
        "query": {"questions_max": 8192 + number},
        "cache": {"ttl_max": 80_000 + number},
    }


def measure(arguments, folder):
    responder = Responder(arguments.bin, folder)
    dotring = Dotring(arguments.bin, folder, [responder])
    pause_s = 0.1
    load = Load(arguments.bin, dotring.port, arguments.rate, seconds=4 + arguments.times * (pause_s + 0.05))
    time.sleep(1)  # the load is at its rate
    durations = [reload(dotring, number, pause_s) for number in range(1, arguments.times + 1) if load.running()]
    result = load.result()
    unanswered, wrong = failures(result)
    refused = dotring.told("reload_refused")
    for process in (dotring.process, responder.process):
        process.check()
        process.stop()
    figures = [
        ("reloads under load", f"{len(durations)}, {refused} refused"),
        ("milliseconds from signal to the line in the log, worst", f"{1000 * max(durations):.0f}"),
        ("queries", f"{result['sent']['queries']:,} at {result['sent']['queries'] * 1e9 / result['duration']:,.0f}/s"),
        ("not answered", unanswered),
        ("answered wrong", wrong),
        ("p99 from when due, microseconds", f"{result['latency_from_due']['p99'] / 1000:.0f}"),
    ]
    return figures, len(durations) == arguments.times and refused == unanswered == wrong == 0


def reload(dotring, number, pause_s):
    """Seconds until it is in force on all workers."""
    before = dotring.told("reloaded", "reload_refused")
    dotring.write(changes(number))
    begun = time.monotonic()
    dotring.process.signal(signal.SIGHUP)
    dotring.process.wait_until(lambda: dotring.told("reloaded", "reload_refused") > before, "the reload is told")
    took_s = time.monotonic() - begun
    time.sleep(pause_s)
    return took_s
