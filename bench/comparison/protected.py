"""What protection costs a cache hit: the same dotring with all of it off, with what most switch on, and with limits
on replies and queries in flight too. The latter are asked without cookies, because no reply to a valid one is judged.
"""

from comparison.servers import Dotring
from comparison.works import CLIENTS, Hits

NETWORKS = 10_000
RATE_MAX = 1_000_000  # everything is looked at, nothing limited

OFF = ("--access.allow=0.0.0.0/0,::/0", "--cookies.enabled=false")
RRL = (f"--rrl.replies={RATE_MAX}", f"--rrl.errors={RATE_MAX}", f"--query.client_in_flight_max={RATE_MAX}")
COOKIE = ("--cookie",)


class Variant(Dotring):
    """Named as dotring, so that every answer of it must be right."""

    def __init__(self, beside, options):
        super().__init__(beside.bin_dir, beside.folder, beside.upstream)
        self.options = options

    def command(self):
        return [*super().command(), *self.options]


class HitsProtected(Hits):
    only = "dotring"

    def __init__(self):
        super().__init__("hits-protected", "cache hits over UDP: protection off, on, all", CLIENTS)
        self.variants = {}

    def warm(self, server, source):
        path = server.folder / "networks"
        path.write_text("".join(f"10.{i // 256}.{i % 256}.0/24\n" for i in range(NETWORKS)))
        on = (f"--access.refuse_file={path}", f"--rate.udp={RATE_MAX}", f"--rate.proven={RATE_MAX}")
        for name, options in (("off", OFF), ("on", on), ("all", on + RRL)):
            self.variants[name] = Variant(server, options)
            self.variants[name].start()
            super().warm(self.variants[name], source)

    def round(self, server, source):
        cookie = {name: self.cost(name, source, COOKIE) for name in ("off", "on")}
        plain = {name: self.cost(name, source, ()) for name in ("off", "all")}
        return {
            "cpu_us_off": cookie["off"],
            "cpu_us_on": cookie["on"],
            "protected_ratio": cookie["on"] / cookie["off"],
            "cpu_us_plain_off": plain["off"],
            "cpu_us_plain_all": plain["all"],
            "protected_all_ratio": plain["all"] / plain["off"],
        }

    def cost(self, name, source, options):
        self.options = ("-m", self.mode, *CLIENTS, *options)
        return super().round(self.variants[name], source)["cpu_us_per_query"]


WORKS = (HitsProtected(),)
