"""What keeping account of queries costs while nobody reads it: audit log and dnstap on, both readers stopped.

The same hits are measured without and with it in each round: what counts is the throughput beside that without.
"""

import os
import shutil
import signal

from comparison.metrics import page_sums
from comparison.processes import Pinned
from comparison.servers import SOURCE_CORE, Dotring
from comparison.works import CLIENTS, Hits

DROPPED = "dotring_audit_dropped_total"
WRITTEN = "dotring_audit_written_total"


class DotringWithAudit(Dotring):
    """Named as dotring, so that every answer of it must be right."""

    def __init__(self, beside):
        super().__init__(beside.bin_dir, beside.folder, beside.upstream)
        self.pipe_path = beside.folder / "audit.pipe"
        self.socket_path = beside.folder / "dnstap.socket"

    def command(self):
        return [
            *super().command(),
            f"--audit.file={self.pipe_path}",
            f"--dnstap.target=unix://{self.socket_path}",
        ]

    def start(self):
        os.mkfifo(self.pipe_path)
        self.pipe = os.open(self.pipe_path, os.O_RDONLY | os.O_NONBLOCK)  # a reader that never reads
        capture = [shutil.which("fstrm_capture"), "-t", "protobuf:dnstap.Dnstap"]
        self.reader = Pinned(
            "fstrm_capture", [*capture, "-u", self.socket_path, "-w", "/dev/null"], SOURCE_CORE, self.folder
        )
        self.reader.wait_until(self.socket_path.exists, "socket")
        super().start()
        self.process.wait_until(lambda: page_sums(self, WRITTEN + '{output="dnstap"}')[0] > 0, "dnstap")
        self.reader.signal(signal.SIGSTOP)


class AuditStopped(Hits):
    only = "dotring"

    def __init__(self):
        super().__init__("audit-stopped", "hits with audit log and dnstap, their readers stopped", CLIENTS)
        self.own = None

    def warm(self, server, source):
        if not shutil.which("fstrm_capture"):
            raise RuntimeError("no fstrm_capture; apt-get install fstrm-bin")
        self.own = DotringWithAudit(server)
        self.own.start()
        for one in (server, self.own):
            super().warm(one, source)

    def round(self, server, source):
        without = super().round(server, source)
        before = page_sums(self.own, DROPPED)[0]
        result = super().round(self.own, source)
        return {
            **result,
            "lost_share": 1 - result["queries_per_s"] / without["queries_per_s"],
            "audit_dropped": page_sums(self.own, DROPPED)[0] - before,
        }


WORKS = (AuditStopped(),)
