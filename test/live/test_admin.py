"""The HTTP server of the admin pages: how many may speak with it, and how long one may be silent."""

import socket

import pytest
from harness import client
from harness.dotring import HOST, Dotring

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def connect(dotring):
    return socket.create_connection((HOST, dotring.admin_port), client.TIMEOUT_S)


def test_so_many_are_served_at_a_time_and_others_wait(stage):
    dotring = Dotring(stage, options={"admin.connections_max": 2})
    silent = [connect(dotring) for _ in range(2)]
    with connect(dotring) as waiting:
        waiting.sendall(REQUEST)
        waiting.settimeout(0.3)
        with pytest.raises(TimeoutError):
            waiting.recv(4096)
        for connection in silent:
            connection.close()
        waiting.settimeout(client.TIMEOUT_S)
        assert waiting.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_silent_connection_is_closed_after_so_long(stage):
    """Before a client's of five seconds, and by the default after it."""
    dotring = Dotring(stage, options={"admin.timeout": 1, "listen.tcp_idle_timeout_ms": 5000})
    with client.TcpClient(dotring.server) as marker, connect(dotring) as silent:
        assert silent.recv(1) == b""
        marker.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            marker.socket.recv(1)
