"""The source of queries: dotring-flood on its own core, and the check that every answer is right."""

import json
import subprocess

from comparison.processes import HOST
from comparison.servers import SOURCE_CORE

SUFFIX = "example"


class Source:
    def __init__(self, bin_dir):
        self.program = bin_dir / "dotring-flood"
        self._next_name = 0

    def new_names(self, count):
        """The number of the first of `count` names that no run has asked for."""
        first = self._next_name
        self._next_name += count
        return first

    def run(self, port, *options):
        """The report of one run; options as dotring-flood's."""
        command = [
            "taskset", "-c", str(SOURCE_CORE), self.program,
            "--json", "-s", HOST, "-p", port, "--suffix", SUFFIX, *options,
        ]  # fmt: skip
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr}")
        return report_of(done.stdout)


def report_of(output):
    """The sum of a run in the words of the works: microseconds, and counts by name."""
    run = next(each for each in map(json.loads, output.splitlines()) if each["type"] == "stats_sum")
    report = {key: run[key] for key in ("lost", "mismatched", "unexpected", "truncated", "empty", "duplicate", "late")}
    report["sent"] = run["sent"]["queries"]
    report["answered"] = run["received"]["responses"]
    report["rcodes"] = run["response_rcodes"]
    report["duration_s"] = run["duration"] / 1e9
    for ours, theirs in (("latency_from_due_us", "latency_from_due"), ("lateness_us", "lateness")):
        report[ours] = {name: ns / 1000 for name, ns in run[theirs].items()}
    return report


def right_answers(report):
    """How many answers were NOERROR with a record, whole, and to the question asked."""
    return report["rcodes"].get("NOERROR", 0) - report["empty"] - report["truncated"]


def check_all_right(report, who, late_too=False):
    """For runs that must succeed before anything is measured, and for dotring always.

    `late_too`: what comes after its time counts as failed, but is no mistake: where that time is short, the machine
    itself stands still for longer now and then.
    """
    late = report["late"] if late_too else 0
    if right_answers(report) + late != report["sent"]:
        raise RuntimeError(f"{who}: answers are missing or wrong: {json.dumps(report, indent=2)}")
