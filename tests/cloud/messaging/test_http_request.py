"""One request is written as HTTP/1.1, and as much of the answer is read as was asked for."""

import http.client
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from cloud.messaging import http_request as module
from cloud.messaging.deadline import Deadline, accept_any
from cloud.messaging.http_request import WebhookResponse, http_request
from wire.addresses import NetworkAddress

HOOK = NetworkAddress("http", "hooks.example", 80, path="/services/x")
DEADLINE = Deadline.after(1_000)


class Server:
    """Has answered before it is asked; holds what was sent to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._client, self._own = socket.socketpair()
        self.connections: list[tuple[Any, ...]] = []

        def connect(*arguments: Any) -> socket.socket:
            self.connections.append(arguments)
            return self._client

        monkeypatch.setattr(module, "connect", connect)

    def answer(self, content: bytes) -> None:
        self._own.sendall(content)
        self._own.shutdown(socket.SHUT_WR)

    def request(self) -> tuple[str, dict[str, str], bytes]:
        """The request line, the headers and the body, of a client that has closed."""
        received = b""
        while chunk := self._own.recv(65_536):
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        line, *fields = head.decode("ascii").split("\r\n")
        return line, dict(field.split(": ", 1) for field in fields), body

    def close(self) -> None:
        self._client.close()
        self._own.close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server(monkeypatch)
    yield server
    server.close()


def answered(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_a_request_without_a_body_is_a_get_of_the_path_and_the_query(server: Server) -> None:
    server.answer(answered(b"ignored"))
    address = NetworkAddress("http", "hooks.example", 8080, path="/a b/é", query="q=ü&x=%20")
    assert http_request(address, DEADLINE) == WebhookResponse(200, b"", is_whole=True)
    line, headers, body = server.request()
    assert line == "GET /a%20b/%C3%A9?q=%C3%BC&x=%20 HTTP/1.1"
    assert headers["Host"] == "hooks.example:8080"
    assert headers["Connection"] == "close"
    assert "Authorization" not in headers
    assert body == b""
    assert server.connections == [("hooks.example", 8080, DEADLINE, None, accept_any)]


def test_a_body_is_posted_with_its_length_and_the_given_headers(server: Server) -> None:
    server.answer(answered(b"", "204 No Content"))
    assert http_request(HOOK, DEADLINE, body=b"{}", headers={"Content-Type": "x/y"}).status == 204
    line, headers, body = server.request()
    assert line == "POST /services/x HTTP/1.1"
    assert (headers["Host"], headers["Content-Type"]) == ("hooks.example", "x/y")
    assert (headers["Content-Length"], body) == ("2", b"{}")


@pytest.mark.parametrize(
    ("host", "port", "written"),
    [
        ("::1", 80, "[::1]"),
        ("2001:db8::7", 8080, "[2001:db8::7]:8080"),
        ("bücher.example", 80, "xn--bcher-kva.example"),
        ("127.0.0.1", 443, "127.0.0.1:443"),
    ],
)
def test_the_host_is_written_as_http_has_it(
    server: Server, host: str, port: int, written: str
) -> None:
    server.answer(answered(b""))
    http_request(NetworkAddress("http", host, port), DEADLINE)
    line, headers, _ = server.request()
    assert line == "GET / HTTP/1.1"
    assert headers["Host"] == written


@pytest.mark.parametrize(
    ("username", "password", "encoded"),
    [("me", "p@ss", "bWU6cEBzcw=="), ("me", None, "bWU6"), (None, "só", "OnPDsw==")],
)
def test_credentials_are_sent_in_a_header_and_not_in_the_address(
    server: Server, username: str | None, password: str | None, encoded: str
) -> None:
    server.answer(answered(b""))
    http_request(NetworkAddress("http", "h", 80, username, password), DEADLINE)
    line, headers, _ = server.request()
    assert headers["Authorization"] == f"Basic {encoded}"
    assert "@" not in line + headers["Host"]


@pytest.mark.parametrize(
    ("most_bytes", "body", "is_whole"),
    [(0, b"", True), (5, b"01234", False), (10, b"0123456789", True), (99, b"0123456789", True)],
)
def test_at_most_so_many_bytes_of_the_body_are_returned(
    server: Server, most_bytes: int, body: bytes, is_whole: bool
) -> None:
    server.answer(answered(b"0123456789"))
    found = http_request(HOOK, DEADLINE, most_bytes=most_bytes)
    assert found == WebhookResponse(200, body, is_whole)


def test_a_redirect_is_returned_and_not_followed(server: Server) -> None:
    server.answer(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n")
    assert http_request(HOOK, DEADLINE).status == 302
    assert len(server.connections) == 1


@pytest.mark.parametrize("content", [b"SSH-2.0-OpenSSH\r\n", b"", b"HTTP/1.1 abc\r\n\r\n"])
def test_an_answer_that_is_not_http_is_an_error_and_the_connection_is_closed(
    server: Server, content: bytes
) -> None:
    server.answer(content)
    with pytest.raises(http.client.HTTPException):
        http_request(HOOK, DEADLINE)
    assert server.request()[0] == "GET /services/x HTTP/1.1"  # read to the end of the connection


def test_only_https_is_connected_with_tls(server: Server) -> None:
    server.answer(answered(b""))
    http_request(NetworkAddress("https", "hooks.example", 443), DEADLINE)
    assert server.connections[0][3] is not None
    assert server.request()[1]["Host"] == "hooks.example"
