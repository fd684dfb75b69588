"""The first checks of every request: the name of the server, the origin, and the key or session.

Host and Origin are checked with and without keys. Where keys are required, the key or the session
is validated and the request counted before path, parameters and body are read: without one every
path except the public ones is answered with 401, whether it exists or not, and every request counts
in a quota, also one answered with 403 or 404. The `Scope` of the route decides what the role may
do. The key is read from headers only: logs contain query strings. A browser sends a session cookie
by itself, so a write with one must have the token of its session too, and a WebSocket an origin.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.exc import DBAPIError
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cloud.app.rate_card_reload import get_context
from cloud.app.server.host_names import HostNames
from cloud.auth.access import AccessError, Authenticator, read_credentials
from cloud.auth.session_cookie import CSRF_HEADER, has_csrf_token

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEALTH_PATH: Final = "/healthz"
"""Requested by orchestrators under any host name; has no data."""
POLICY_VIOLATION: Final = 1008

Refuse = Callable[[HTTPConnection, Exception], Awaitable[Response]]


class MisdirectedRequest(AccessError):  # noqa: N818 - reads as what happened
    """A request for a server with another name."""


class ForeignOrigin(AccessError):  # noqa: N818 - reads as what happened
    """A write sent by a page of another origin."""


class ForgedRequest(AccessError):  # noqa: N818 - reads as what happened
    """A request that a browser may have sent without its user: no token of the session."""


class AdmissionMiddleware:
    """Passes admitted requests on, and answers the others with `refuse`."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        names: HostNames | None,
        public: Callable[[str], bool],
        refuse: Refuse,
    ) -> None:
        self._app = app
        self._is_named = names is not None
        self._names = names or HostNames()
        self._is_public = public
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            self._refuse_foreign(connection)
            await self._identify(connection)
        except (AccessError, DBAPIError) as error:
            await self._answer(connection, error, receive, send)
            return
        await self._app(scope, receive, send)

    def _refuse_foreign(self, connection: HTTPConnection) -> None:
        scope = connection.scope
        hosts = connection.headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        if scope["path"] == HEALTH_PATH:
            return
        if self._is_named and not self._names.includes(host):
            raise MisdirectedRequest(
                f"this server is not {host[:80]!r}: start it with --host-name and the name that "
                "its clients use (or ONLOOKER_HOST_NAMES); without, it accepts localhost only"
            )
        origin = connection.headers.get("origin")
        is_read = scope["type"] == "http" and scope["method"] in READS
        if origin is not None and not is_read and not self._names.allows_origin(origin, host):
            raise ForeignOrigin(
                f"a page of {origin[:80]!r} may not write here: only pages of this server may"
            )

    async def _identify(self, connection: HTTPConnection) -> None:
        scope = connection.scope
        authenticator: Authenticator | None = connection.app.state.authenticator
        if authenticator is None or (scope["type"] == "http" and self._is_public(scope["path"])):
            return
        shown = read_credentials(connection)
        caller, decision = await authenticator.admit(shown, get_context(connection).clock())
        scope["caller"] = caller
        if caller.user is not None and shown.session is not None:
            _refuse_forged(connection, shown.session)
        scope["extra_headers"] = authenticator.headers(decision)

    async def _answer(
        self, connection: HTTPConnection, error: Exception, receive: Receive, send: Send
    ) -> None:
        scope = connection.scope
        if scope["type"] == "websocket" and "websocket.http.response" not in scope.get(
            "extensions", {}
        ):
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "refused"})
            return
        response = await self._refuse(connection, error)
        await response(scope, receive, send)


def _refuse_forged(connection: HTTPConnection, session: str) -> None:
    scope = connection.scope
    if scope["type"] == "websocket":
        if "origin" not in connection.headers:
            raise ForgedRequest("a WebSocket with a session cookie must have an Origin header")
    elif scope["method"] not in READS and not has_csrf_token(connection, session):
        raise ForgedRequest(
            f"a change with a session cookie must have its token in the header {CSRF_HEADER}: "
            "GET /api/me has it as `csrf_token`"
        )
