"""What dotring says about itself on its metrics page."""

import urllib.request

from comparison.processes import HOST

# Counters of queries written to upstreams and of the TLS records that carried them.
QUERIES = "dotring_upstream_queries_total"
WRITES = "dotring_upstream_writes_total"

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def tls_batches(server):
    """(queries sent upstream, TLS writes that carried them); None where the server does not tell."""
    if server.name != "dotring":
        return None
    with _opener.open(f"http://{HOST}:{server.admin_port}/metrics", timeout=5) as page:
        text = page.read().decode()
    return _sum(text, QUERIES), _sum(text, WRITES)


def page_sums(server, *names):
    """Of each name, or name{label="value"}, the sum over its samples."""
    with _opener.open(f"http://{HOST}:{server.admin_port}/metrics", timeout=5) as page:
        text = page.read().decode()
    return [_sum(text, name) for name in names]


def _sum(text, name):
    ends = (" ",) if name.endswith("}") else ("{", " ")
    lines = [line for line in text.splitlines() if line.startswith(tuple(name + end for end in ends))]
    if not lines:
        raise RuntimeError(f"dotring's metrics page has no {name}")
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
