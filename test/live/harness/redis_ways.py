"""What stands between dotring and its Redis: delays, and servers that are none.

Nothing here needs more than Python: bench/compare uses it too.
"""

import contextlib
import socket
import threading
import time

HOST = "127.0.0.1"


class TcpServer:
    """Accepts on a free port and hands each connection to serve(), on a thread of its own."""

    def __init__(self, stage):
        self._listener = socket.create_server((HOST, 0), backlog=64)
        self._sockets = []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        stage.at_end(self.close)

    @property
    def url(self):
        return f"redis://{HOST}:{self.port}"

    def close(self):
        for one in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        with contextlib.suppress(OSError):
            self.serve(connection)
        with contextlib.suppress(OSError):
            connection.close()


class Garbage(TcpServer):
    """Answers everything with octets that are no replies."""

    def serve(self, connection):
        while connection.recv(65536):
            connection.sendall(b"\x00\xffHTTP/1.1 418 no Redis here\r\n\r\n" * 10)


class Delayed(TcpServer):
    """A Redis whose replies come `delay_s` later than they should; the delay may change any time."""

    def __init__(self, stage, redis, delay_s=0.0):
        self._redis = redis
        self.delay_s = delay_s
        super().__init__(stage)

    def serve(self, connection):
        with socket.create_connection((HOST, self._redis.port)) as server:
            self._sockets.append(server)
            threading.Thread(target=self._replies, args=(server, connection), daemon=True).start()
            while octets := connection.recv(65536):
                server.sendall(octets)

    def _replies(self, server, connection):
        queue, ready = [], threading.Condition()

        def deliver():
            while True:
                with ready:
                    ready.wait_for(lambda: queue)
                    due, octets = queue.pop(0)
                if octets is None:
                    return
                time.sleep(max(0.0, due - time.monotonic()))
                with contextlib.suppress(OSError):
                    connection.sendall(octets)

        threading.Thread(target=deliver, daemon=True).start()
        octets = b"x"
        while octets:
            try:
                octets = server.recv(65536)
            except OSError:
                octets = b""
            with ready:
                queue.append((time.monotonic() + self.delay_s, octets or None))
                ready.notify()
