"""dotring with its configuration in a file, an upstream behind it, and a load that counts every query."""

import json
import subprocess

from comparison.processes import HOST, Pinned, answers, free_port

SERVER_CORE = 0
SOURCE_CORE = 1
AUTH_NAME = "responder.bench"


class Responder:
    """An upstream over TLS; its certificate is its own authority."""

    def __init__(self, bin_dir, folder):
        self.port = free_port()
        plain_port = free_port()
        command = [bin_dir / "dotring-responder", "--tls", f"{HOST}:{self.port}", "--make-cert", AUTH_NAME]
        self.process = Pinned("responder", [*command, "--plain", f"{HOST}:{plain_port}"], SERVER_CORE, folder)
        self.process.wait_until(lambda: answers(plain_port), "an answer")
        self.url = f"tls://{HOST}:{self.port}#{AUTH_NAME}"


class Dotring:
    def __init__(self, bin_dir, folder, upstreams):
        self.port = free_port()
        self._file = folder / "dotring.toml"
        self._fixed = {
            "listen": {"dns": [f"{HOST}:{self.port}"]},
            "upstream": {"servers": [one.url for one in upstreams], "authentication": "opportunistic"},
            "admin": {"listen": ""},
            "engine": {"workers": 1},
        }
        self.write({})
        self.process = Pinned("dotring", [bin_dir / "dotring", "--config", self._file], SERVER_CORE, folder)
        self.process.wait_until(lambda: answers(self.port), "an answer")

    def write(self, more):
        """The file, with `more` ({"section": {"key": value}}) besides what stays as it is."""
        text = ""
        for section in {**self._fixed, **more}:
            keys = {**self._fixed.get(section, {}), **more.get(section, {})}
            text += f"[{section}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        self._file.write_text(text)

    def told(self, *events):
        """How many lines of the log tell of one of these events."""
        lines = self.process.log_path.read_text().splitlines()
        return sum(any(f'"event":"{event}"' in line for event in events) for line in lines)


class Load:
    """dotring-flood at a steady rate over names that are in the cache, and a share that is not."""

    def __init__(self, bin_dir, port, rate, seconds):
        options = ["-Q", rate, "-l", seconds, "-c", 8, "-q", 65_536, "-t", 5, "--names", 10_000]
        command = ["taskset", "-c", SOURCE_CORE, bin_dir / "dotring-flood", "--json", "-s", HOST, "-p", port, *options]
        self._process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)

    def running(self):
        return self._process.poll() is None

    def result(self):
        output, _ = self._process.communicate(timeout=300)
        return next(each for each in map(json.loads, output.splitlines()) if each["type"] == "stats_sum")


def failures(result):
    """Queries without an answer, and those whose answer is not what they asked for."""
    sent = result["sent"]["queries"]
    unanswered = sent - result["received"]["responses"]
    right = result["response_rcodes"].get("NOERROR", 0) - result["empty"] - result["truncated"]
    return unanswered, result["received"]["responses"] - right
