"""What the kernel says of a process's memory, in octets."""

import pathlib


class Residence:
    def __init__(self, process):
        self._folder = pathlib.Path(f"/proc/{process.pid}")

    def now(self):
        return self._octets("VmRSS")

    def own(self):
        """Without the pages of files: parts of a program that run for the first time are no leak."""
        return self._octets("RssAnon")

    def most(self):
        return self._octets("VmHWM")

    def counts(self):
        """Not under a sanitizer: its own memory is in nobody's sum."""
        return "san.so" not in (self._folder / "maps").read_text()

    def _octets(self, field):
        return 1024 * int((self._folder / "status").read_text().split(f"{field}:")[1].split()[0])
