"""The device's own little web server: status page, figures, health, preview, what is playing.

It listens on this machine alone unless told otherwise, and then only with a token. Every answer
is made from values that lie ready, so a slow or hostile reader costs a thread and no frame. Names
in `Host` that are not ours are refused: a page elsewhere must not reach in through a reader's
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
REQUEST_TIMEOUT_S: Final = 10.0  # for a whole request, and again for its answer
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
PlayerMessageHandler = Callable[[bytes], Mapping[str, Any]]  # ValueError refuses


class StatusError(RuntimeError):
    """The status page cannot be served: why, what to do."""


@dataclass(frozen=True, slots=True)
class StatusSources:
    """What there is to show. `previews` are JPEGs by device, already under their mosaic."""

    board: StateBoard
    previews: Mapping[DeviceId, ImageSource] = field(default_factory=dict)
    hear: PlayerMessageHandler | None = None  # takes a player's word about what is on the screen
    clock: Callable[[], datetime] = utc_now


class StatusServer:
    """Serves from `start` to `stop`. `port` is the one that was chosen when 0 was asked for."""

    def __init__(self, settings: StatusSettings, sights: StatusSources) -> None:
        token = _token(settings)

        class Handler(_StatusRequestHandler):
            pass

        Handler.sights, Handler.token, Handler.host = sights, token, settings.host
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
def serve_status(settings: StatusSettings, sights: StatusSources) -> Iterator[StatusServer | None]:
    """The page while the block runs; nothing with port 0."""
    if not settings.port:
        yield None
        return
    server = StatusServer(settings, sights)
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
    """A thread for each reader, and no more readers than `MOST_READERS` at once."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._room = threading.Semaphore(MAX_CLIENTS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """A reader that goes away is no news."""
        log.debug("status.reader_gone")


class _StatusRequestHandler(BaseHTTPRequestHandler):
    sights: StatusSources
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
        if not self._may():
            return
        path = self.path.partition("?")[0]
        if path == "/":
            self._answer(HTTPStatus.OK, self._page(), "text/html; charset=utf-8")
        elif path == "/metrics":
            text = render_metrics(self.sights.board, self.sights.clock())
            self._answer(HTTPStatus.OK, text, CONTENT_TYPE)
        elif path == "/healthz":
            self._json(HTTPStatus.OK, {"cameras": len(self.sights.board.snapshots)})
        elif path.startswith("/preview/"):
            self._preview(path.removeprefix("/preview/").removesuffix(".jpg"))
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is /, /metrics and /healthz")

    def do_POST(self) -> None:
        if not self._may():
            return
        if self.path.partition("?")[0] != "/plays" or self.sights.hear is None:
            self._refuse(
                HTTPStatus.NOT_FOUND, "only /plays takes words, where plays are listened for"
            )
            return
        if self.headers.get_content_type() != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "say application/json")
            return
        body = self._body()
        if body is None:
            return
        try:
            self._json(HTTPStatus.OK, self.sights.hear(body))
        except ValueError as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))

    def _page(self) -> bytes:
        query = self.path.partition("?")[2]
        previews = frozenset(self.sights.previews)
        return render_page(
            self.sights.board.snapshots, self.sights.clock(), previews, query
        ).encode()

    def _preview(self, device: str) -> None:
        picture = self.sights.previews.get(DeviceId(device))
        jpeg = picture() if picture else None
        if jpeg is None:
            self._refuse(HTTPStatus.NOT_FOUND, "no preview: switched off, or no picture yet")
        else:
            self._answer(HTTPStatus.OK, jpeg, "image/jpeg")

    def _may(self) -> bool:
        if self.token and not self._knows_token():
            self._refuse(HTTPStatus.UNAUTHORIZED, "give the token: Authorization: Bearer ...")
        elif not self.token and not self._names_us():
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "this is not the host you asked for")
        else:
            return True
        return False

    def _names_us(self) -> bool:
        try:
            name, _ = parse_host_and_port(self.headers.get("Host", ""))
        except AddressError:
            return False
        return name in LOOPBACK or name == self.host

    def _knows_token(self) -> bool:
        said = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        asked = parse_qs(self.path.partition("?")[2]).get("token", [""])[0]
        given = (said or asked).encode()
        return hmac.compare_digest(given, self.token.encode())

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"say Content-Length, {MAX_BODY_BYTES} bytes at most",
            )
            return None
        return self.rfile.read(int(length))

    def _json(self, status: HTTPStatus, document: Mapping[str, Any]) -> None:
        self._answer(status, json.dumps(document).encode(), "application/json")

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self.close_connection = True
        self._json(status, {"error": reason})

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.connection.settimeout(REQUEST_TIMEOUT_S)  # for the whole answer
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

    def log_message(self, format: str, *_arguments: Any) -> None:  # noqa: A002  its name
        """Requests are no news; a token may stand in them."""
