"""dotring-flood and dnsperf as one runs them: on a core of their own, with what they cost."""

import json
import os
import re
import subprocess

from comparison.processes import HOST

SOURCE_CORE = 1


def run_pinned(command, limit_s=120):
    """(standard output, seconds of CPU) of a program that must succeed; setting up and ending included."""
    process = subprocess.Popen(
        ["taskset", "-c", str(SOURCE_CORE), *map(str, command)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    before = os.times()
    output, errors = process.communicate(timeout=limit_s)
    after = os.times()
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {errors}")
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return output, cpu_s


class Flood:
    name = "dotring-flood"

    def __init__(self, bin_dir):
        self.program = bin_dir / "dotring-flood"

    def run(self, port, *options):
        output, cpu_s = run_pinned([self.program, "--json", "-s", HOST, "-p", port, *options])
        result = next(each for each in map(json.loads, output.splitlines()) if each["type"] == "stats_sum")
        result["process_cpu_s"] = cpu_s
        return result


class Dnsperf:
    name = "dnsperf"

    def __init__(self, data_file):
        self.data_file = data_file

    def run(self, port, *options):
        output, cpu_s = run_pinned(["dnsperf", "-s", HOST, "-p", port, "-d", self.data_file, *options])
        latencies = sorted(float(line.split()[-1]) for line in output.splitlines() if line.startswith("> "))
        lost = sum(line.startswith("> T ") for line in output.splitlines())
        return {
            "sent": _number(output, "Queries sent"),
            "completed": _number(output, "Queries completed"),
            "queries_per_s": _number(output, "Queries per second"),
            "average_s": _number(output, r"Average Latency \(s\)"),
            "process_cpu_s": cpu_s,
            "p99_s": latencies[int(len(latencies) * 0.99)] if latencies else None,
            "timeouts_shown": lost,
        }


def _number(output, name):
    return float(re.search(rf"{name}: +([0-9.]+)", output)[1])
