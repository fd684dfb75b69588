"""Around every request: an id, security headers, metrics and one log line.

Plain ASGI, since every answer passes it. A request id of the caller is accepted if it is a plain
word, so that a request can be traced through several services; any other is replaced.
"""

import logging
import re
import secrets
import time
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.app import problem

log = logging.getLogger(__name__)
PLAIN_WORD: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
MAX_BODY_BYTES: Final = 256 * 1024
MAX_UPLOAD_BYTES: Final = 200 * 1024 * 1024
FILES: Final = re.compile(r"/api/data-products/[a-z0-9_]+/(uploads|previews)")
"""Where the body is a file."""
BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SHARED_KEYS: Final = ("route", "path_params", problem.REASON)
"""What the route of a request to HEAD sets in its scope, and outer middleware reads."""
HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        b"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)


class RequestMiddleware:
    """Measures requests, gives each an id, and answers unexpected exceptions with 500."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "onlooker_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "onlooker_http_request_seconds",
            "Time from the request to the end of its answer",
            ("route",),
            registry=registry,
            buckets=BUCKETS_S,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = request_id = _request_id(scope)
        status = 0
        started_s = time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = (b"x-request-id", request_id.encode())
                extra = scope.get("extra_headers", ())
                message["headers"] = [*_secure(message.get("headers", ())), own, *extra]
            await send(message)

        try:
            await self._pass_on(scope, receive, answer)
        except Exception as fault:
            if status:
                raise  # too late: a part of the answer was sent
            log.error("api.fault", exc_info=fault, extra=_where(scope))
            detail = "an internal error: report the request id, under which the log has the cause"
            broken = problem.problem_response(Request(scope), 500, "Internal error", detail)
            await broken(scope, receive, answer)
        finally:
            self._note(scope, status, time.perf_counter() - started_s)

    async def _pass_on(self, scope: Scope, receive: Receive, answer: Send) -> None:
        limit = MAX_UPLOAD_BYTES if FILES.fullmatch(scope["path"]) else MAX_BODY_BYTES
        if _announced_bytes(scope) <= limit:
            await self._app(scope, _counted(receive, limit), answer)
            return
        detail = f"at most {limit} bytes are read: split the request"
        too_large = problem.problem_response(Request(scope), 413, "Too large", detail)
        await too_large(scope, receive, answer)

    def _note(self, scope: Scope, status: int, took_s: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(took_s)
        log.debug(
            "api.answered",
            extra={**_where(scope), "status": status, "took_ms": round(took_s * 1000, 2)},
        )


class HeadMiddleware:
    """Answers HEAD as GET without the body, for every resource that can be read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. The scope of the server still has the method HEAD."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        inner = {**scope, "method": "GET"}

        async def only_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        try:
            await self._app(inner, receive, only_head)
        finally:
            scope.update({name: inner[name] for name in SHARED_KEYS if name in inner})


def _counted(receive: Receive, limit: int) -> Receive:
    """Refuse a body without a length once it is too large."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413, f"at most {limit} bytes are read")
        return message

    return counted


def _secure(own: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, and the security headers that it does not set itself."""
    headers = list(own)
    names = {name for name, _ in headers}
    return [*headers, *(one for one in HEADERS if one[0] not in names)]


def _announced_bytes(scope: Scope) -> int:
    length = _header(scope, b"content-length")
    return int(length) if length.isdigit() else 0


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def _request_id(scope: Scope) -> str:
    given = _header(scope, b"x-request-id")
    return given.decode("ascii") if PLAIN_WORD.fullmatch(given) else secrets.token_hex(8)


def _where(scope: Scope) -> dict[str, str]:
    return {"request_id": scope["request_id"], "path": scope["path"][:200]}
