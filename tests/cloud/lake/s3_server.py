"""An S3 of one file on loopback, of which any request can fail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

ERROR_CODES: Final = {403: "AccessDenied", 503: "SlowDown"}


@dataclass
class S3Server:
    """`failure` is a status, or None for a body that ends early; it begins after `passing`."""

    content: bytes
    address: str
    failure: int | None = None
    passing: int = 1_000
    requests: int = 0

    def is_failing(self) -> bool:
        self.requests += 1
        return self.requests > self.passing


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: S3Server

    def do_HEAD(self) -> None:
        if self.state.is_failing() and self.state.failure:
            self.send(self.state.failure, b"", 0)
        else:
            self.send(200, b"", len(self.state.content))

    def do_GET(self) -> None:
        is_failing, failure = self.state.is_failing(), self.state.failure
        if is_failing and failure:
            body = f"<Error><Code>{ERROR_CODES[failure]}</Code></Error>".encode()
            self.send(failure, body, len(body))
            return
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        body = self.state.content[first : last + 1]
        self.close_connection = is_failing
        self.send(206, body[:-1] if is_failing else body, len(body))

    def send(self, status: int, body: bytes, size: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(size))
        self.send_header("Last-Modified", formatdate(usegmt=True))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """No access log."""


@contextmanager
def serve_s3(content: bytes) -> Iterator[S3Server]:
    """Serve the content under every key."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    state = handler.state = S3Server(content, f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
