"""Which cookie a connection has, and whether a request has the token of its session."""

import pytest
from starlette.requests import HTTPConnection
from starlette.responses import Response

from cloud.auth.session_cookie import (
    COOKIE,
    CSRF_HEADER,
    LOOPBACK_COOKIE,
    delete_session_cookie,
    has_csrf_token,
    is_secure,
    read_session_token,
)
from cloud.auth.users.sessions import csrf_token


def connect(scheme: str = "http", host: str = "localhost", **headers: str) -> HTTPConnection:
    named = [(b"host", host.encode())]
    named += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    kind = "websocket" if scheme.startswith("ws") else "http"
    return HTTPConnection({"type": kind, "scheme": scheme, "path": "/", "headers": named})


@pytest.mark.parametrize(
    ("scheme", "host", "secure"),
    [
        ("https", "localhost", True),
        ("wss", "localhost", True),
        ("http", "sales.example", True),
        ("http", "localhost.evil.example", True),
        ("http", "localhost:8080", False),
        ("ws", "127.0.0.1:8080", False),
        ("http", "[::1]:8080", False),
    ],
)
def test_only_plain_http_to_this_machine_does_without_tls(scheme, host, secure):
    both = f"{COOKIE}=of-tls; {LOOPBACK_COOKIE}=of-loopback"
    connection = connect(scheme, host, cookie=both)

    assert is_secure(connection) == secure
    assert read_session_token(connection) == ("of-tls" if secure else "of-loopback")
    response = Response()
    delete_session_cookie(connection, response)
    assert "Max-Age=0" in response.headers["set-cookie"]


def test_the_token_in_the_header_belongs_to_one_session():
    own = connect(**{CSRF_HEADER.lower(): csrf_token("a" * 43)})
    assert has_csrf_token(own, "a" * 43)
    assert not has_csrf_token(own, "b" * 43)
    assert not has_csrf_token(connect(), "a" * 43)
