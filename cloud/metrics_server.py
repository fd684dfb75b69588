"""Prometheus metrics over HTTP on loopback, for a process that serves nothing else.

Few readers at once, each with a deadline for its whole request: a reader that sends half a request
or takes no answer holds a thread for seconds and no longer. `Host` must name loopback, so that a
page in a browser cannot read the figures by a name that it makes point here.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from cloud.settings import SettingsError

HOST: Final = "127.0.0.1"
NAMES: Final = frozenset({"127.0.0.1", "localhost"})
MOST_READERS: Final = 8
REQUEST_WITHIN_S: Final = 5.0


class MetricsError(SettingsError):
    """The metrics cannot be served."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    server_version, sys_version = "onlooker", ""

    def do_GET(self) -> None:
        """All metrics, at any path."""
        host = self.headers.get("Host", HOST).lower()
        if host.partition(":")[0] not in NAMES:
            self.send_error(421, "ask by the name localhost or 127.0.0.1")
            return
        encode, kind = choose_encoder(self.headers.get("Accept", ""))
        body = encode(REGISTRY)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given: Any) -> None:
        """Nothing: a reader comes every few seconds."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, within_s: float) -> None:
        self._readers = threading.Semaphore(MOST_READERS)
        self._within_s = within_s
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._readers.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        deadline = threading.Timer(self._within_s, _cut, (request,))
        deadline.daemon = True
        deadline.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            deadline.cancel()
            self._readers.release()

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """A reader that went away."""


def _cut(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving_metrics(port: int | None, *, within_s: float = REQUEST_WITHIN_S) -> Iterator[int]:
    """Serve while inside; yields the port, 0 when none was asked for. Raises MetricsError."""
    if port is None:
        yield 0
        return
    try:
        server = _Server(port, within_s)
    except (OSError, OverflowError) as error:
        raise MetricsError(
            f"metrics cannot be served on {HOST} port {port}: {error}; choose another port"
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(0.2,), name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
