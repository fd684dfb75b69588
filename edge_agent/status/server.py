"""HTTP server of the device: status page, metrics, health, preview, player input.

It listens on this machine only, unless configured otherwise, and then requires a token. Responses
are rendered from values in memory, so a slow or hostile client costs a thread and no frame. An
unknown name in `Host` is rejected, so a page of another site cannot reach the server through a
browser.
"""

import hmac
import io
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from edge_agent.settings.services import LOOPBACK, StatusSettings
from edge_agent.state_board import StateBoard
from edge_agent.status.metrics import CONTENT_TYPE, render_metrics
from edge_agent.status.page import render_page
from edge_agent.status.request_deadline import DeadlineReader
from wire.clock import utc_now
from wire.hosts import AddressError, parse_host_and_port
from wire.scalars import DeviceId

log = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 16 * 1024
MAX_REQUEST_BYTES: Final = 64 * 1024  # head and body
REQUEST_TIMEOUT_S: Final = 10.0  # for a whole request, and again for its response
MAX_CLIENTS: Final = 16
MIN_TOKEN_LENGTH: Final = 16
COMMON_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

ImageSource = Callable[[], bytes | None]
PlayerMessageHandler = Callable[
    [bytes], Mapping[str, Any]
]  # raises ValueError for an invalid message


class StatusError(RuntimeError):
    """The status page cannot be served: why, what to do."""


@dataclass(frozen=True, slots=True)
class StatusSources:
    """What the server shows. `previews` are pixelated JPEG images by device."""

    board: StateBoard
    previews: Mapping[DeviceId, ImageSource] = field(default_factory=dict)
    handle_player_message: PlayerMessageHandler | None = None  # processes a message of the player
    clock: Callable[[], datetime] = utc_now


class StatusServer:
    """Serves from `start` to `stop`. `port` is the port in use."""

    def __init__(self, settings: StatusSettings, sources: StatusSources) -> None:
        token = _token(settings)

        class Handler(_StatusRequestHandler):
            pass

        Handler.sources, Handler.token, Handler.host = sources, token, settings.host
        try:
            self._server = _StatusHttpServer((settings.host, settings.port), Handler)
        except OSError as error:
            raise StatusError(
                f"status page at {settings.host}:{settings.port}: {error}; choose another port"
            ) from error
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="status", daemon=True
        ).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serve_status(settings: StatusSettings, sources: StatusSources) -> Iterator[StatusServer | None]:
    """Serve while the block runs; nothing with port 0."""
    if not settings.port:
        yield None
        return
    server = StatusServer(settings, sources)
    server.start()
    log.info("status.serving", extra={"host": settings.host, "port": server.port})
    try:
        yield server
    finally:
        server.stop()


def _token(settings: StatusSettings) -> str:
    if not settings.token_file:
        return ""
    try:
        token = Path(settings.token_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StatusError(f"status.token_file {settings.token_file}: {error}") from error
    if len(token) < MIN_TOKEN_LENGTH:
        raise StatusError(
            f"status.token_file {settings.token_file} holds {len(token)} characters: "
            f"give {MIN_TOKEN_LENGTH} or more"
        )
    return token


class _StatusHttpServer(ThreadingHTTPServer):
    """A thread for each client, at most `MAX_CLIENTS` at once."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._slots = threading.Semaphore(MAX_CLIENTS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Log a disconnected client at debug level only."""
        log.debug("status.client_disconnected")


class _StatusRequestHandler(BaseHTTPRequestHandler):
    sources: StatusSources
    token: str
    host: str
    server_version, sys_version = "onlooker", ""
    protocol_version = "HTTP/1.1"
    timeout = REQUEST_TIMEOUT_S

    def setup(self) -> None:
        super().setup()
        self._requests = DeadlineReader(
            self.connection, within_s=REQUEST_TIMEOUT_S, limit_bytes=MAX_REQUEST_BYTES
        )
        self.rfile = io.BufferedReader(self._requests)

    def handle_one_request(self) -> None:
        self._requests.begin()
        super().handle_one_request()

    def do_GET(self) -> None:
        if not self._is_authorised():
            return
        path = self.path.partition("?")[0]
        if path == "/":
            self._send(HTTPStatus.OK, self._page(), "text/html; charset=utf-8")
        elif path == "/metrics":
            text = render_metrics(self.sources.board, self.sources.clock())
            self._send(HTTPStatus.OK, text, CONTENT_TYPE)
        elif path == "/healthz":
            self._send_json(HTTPStatus.OK, {"cameras": len(self.sources.board.snapshots)})
        elif path.startswith("/preview/"):
            self._preview(path.removeprefix("/preview/").removesuffix(".jpg"))
        else:
            self._send_error(HTTPStatus.NOT_FOUND, "not found: use /, /metrics or /healthz")

    def do_POST(self) -> None:
        if not self._is_authorised():
            return
        if self.path.partition("?")[0] != "/plays" or self.sources.handle_player_message is None:
            self._send_error(
                HTTPStatus.NOT_FOUND, "only /plays accepts POST, where settings plays.http is on"
            )
            return
        if self.headers.get_content_type() != "application/json":
            self._send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json")
            return
        body = self._body()
        if body is None:
            return
        try:
            self._send_json(HTTPStatus.OK, self.sources.handle_player_message(body))
        except ValueError as error:
            self._send_error(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))

    def _page(self) -> bytes:
        query = self.path.partition("?")[2]
        previews = frozenset(self.sources.previews)
        return render_page(
            self.sources.board.snapshots, self.sources.clock(), previews, query
        ).encode()

    def _preview(self, device: str) -> None:
        source = self.sources.previews.get(DeviceId(device))
        jpeg = source() if source else None
        if jpeg is None:
            self._send_error(HTTPStatus.NOT_FOUND, "no preview: disabled, or no image yet")
        else:
            self._send(HTTPStatus.OK, jpeg, "image/jpeg")

    def _is_authorised(self) -> bool:
        if self.token and not self._has_valid_token():
            self._send_error(HTTPStatus.UNAUTHORIZED, "send the token: Authorization: Bearer ...")
        elif not self.token and not self._has_known_host():
            self._send_error(
                HTTPStatus.MISDIRECTED_REQUEST, "this server does not have the requested host name"
            )
        else:
            return True
        return False

    def _has_known_host(self) -> bool:
        try:
            name, _ = parse_host_and_port(self.headers.get("Host", ""))
        except AddressError:
            return False
        return name in LOOPBACK or name == self.host

    def _has_valid_token(self) -> bool:
        header_token = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        query_token = parse_qs(self.path.partition("?")[2]).get("token", [""])[0]
        given = (header_token or query_token).encode()
        return hmac.compare_digest(given, self.token.encode())

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self._send_error(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"send Content-Length, at most {MAX_BODY_BYTES} bytes",
            )
            return None
        return self.rfile.read(int(length))

    def _send_json(self, status: HTTPStatus, document: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(document).encode(), "application/json")

    def _send_error(self, status: HTTPStatus, reason: str) -> None:
        self.close_connection = True
        self._send_json(status, {"error": reason})

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.connection.settimeout(REQUEST_TIMEOUT_S)  # for the whole response
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), **COMMON_HEADERS}
        if status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_arguments: Any) -> None:  # noqa: A002  name of the base class
        """Requests are not logged: they may contain a token."""
