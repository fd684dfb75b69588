"""The cookie of a session, and the protection against requests that another site makes it send.

Over TLS the name begins with `__Host-`: a browser then takes it only with Secure, for this host and
all paths, so no other host of the domain can set it. Over plain HTTP to a loopback name, as in a
demonstration, it has a plain name. A write must also have the token of its session in a header: no
other site can read it, and a form cannot send the header.
"""

import hmac
from datetime import timedelta
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from cloud.auth.users.sessions import ABSOLUTE, csrf_token

COOKIE: Final = "__Host-onlooker"
LOOPBACK_COOKIE: Final = "onlooker"
CSRF_HEADER: Final = "X-CSRF-Token"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def read_session_token(connection: HTTPConnection) -> str | None:
    """The session token in the cookie of a request."""
    return read_cookie(connection, COOKIE, LOOPBACK_COOKIE)


def read_cookie(connection: HTTPConnection, name: str, loopback_name: str) -> str | None:
    """The value of a cookie by the name that it has over this connection."""
    return connection.cookies.get(name if is_secure(connection) else loopback_name)


def has_csrf_token(connection: HTTPConnection, session_token: str) -> bool:
    """Whether the request has the token that belongs to its session."""
    sent = connection.headers.get(CSRF_HEADER, "")
    return hmac.compare_digest(sent.encode(), csrf_token(session_token).encode())


def set_session_cookie(connection: HTTPConnection, response: Response, token: str) -> None:
    """Send the cookie of a new session."""
    set_cookie(connection, response, COOKIE, LOOPBACK_COOKIE, token, ABSOLUTE)


def set_cookie(
    connection: HTTPConnection,
    response: Response,
    name: str,
    loopback_name: str,
    value: str,
    lifetime: timedelta,
) -> None:
    """Send a cookie that scripts cannot read and that other sites send only with a link."""
    secure = is_secure(connection)
    response.set_cookie(
        name if secure else loopback_name,
        value,
        max_age=int(lifetime.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def delete_session_cookie(connection: HTTPConnection, response: Response) -> None:
    """Have the browser delete the cookie."""
    set_cookie(connection, response, COOKIE, LOOPBACK_COOKIE, "", timedelta(0))


def is_secure(connection: HTTPConnection) -> bool:
    """Whether cookies need TLS: everywhere but over plain HTTP to a loopback name."""
    is_plain = connection.url.scheme in ("http", "ws")
    return not (is_plain and connection.url.hostname in LOOPBACK)
