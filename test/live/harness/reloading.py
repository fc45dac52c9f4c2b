"""dotring with its configuration in a file that a test changes, and what becomes of each reload."""

import json
import signal

from harness.dotring import Dotring


def toml_of(settings):
    """{"section.key": value} as TOML: a table for each section."""
    sections = {}
    for name, value in settings.items():
        section, key = name.split(".")
        sections.setdefault(section, []).append(f"{key} = {json.dumps(value)}\n")
    return "".join(f"[{section}]\n{''.join(lines)}" for section, lines in sections.items())


class Reloading(Dotring):
    """What `settings` has is in the file, all else on the command line as Dotring puts it there."""

    def __init__(self, stage, upstreams=(), settings=None, options=None, **more):
        self.settings = dict(settings or {})
        self.path = stage.folder / "dotring.toml"
        self.write()
        in_file = {key: None for key in self.settings}
        environment = {"DOTRING_CONFIG": str(self.path)}
        super().__init__(stage, upstreams, {**(options or {}), **in_file}, environment=environment, **more)

    def write(self, text=None):
        self.path.write_text(toml_of(self.settings) if text is None else text)

    def reload(self, changes=None):
        """With these settings in the file too (None: taken out); the line of the log that tells what came of it."""
        self.settings.update(changes or {})
        self.settings = {key: value for key, value in self.settings.items() if value is not None}
        self.write()
        return self.hang_up()

    def hang_up(self):
        before = len(self._told())
        self.process.signal(signal.SIGHUP)
        return self.process.wait_for(lambda: self._told()[before:], "the reload is told")[0]

    def _told(self):
        lines = (line for line in self.process.log().splitlines() if '"reload' in line and line.endswith("}"))
        return [line for line in map(json.loads, lines) if line["event"] in ("reloaded", "reload_refused")]


def changed(line):
    """The keys that a reload changed; a refusal fails."""
    assert line["event"] == "reloaded", line
    return sorted(filter(None, line["changed"].split(",")))


def refusal(line):
    assert line["event"] == "reload_refused", line
    return line["cause"]
