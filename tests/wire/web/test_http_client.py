"""A request has a deadline for the whole of it, however its server behaves."""

import contextlib
import http.server
import itertools
import socket
import threading
import time

import pytest

from wire.addresses import parse_address
from wire.web.http_client import HttpLimits, HttpRequestError, send_request

QUICK = HttpLimits(within_s=0.6, limit_bytes=1_000)
LATE = r"^it takes longer than 0\.6 s$"
PATIENCE_S = 60.0
"""How long a server goes on `for_ever`: many times the limit of a request."""


def go_on(pieces, on_impatience):
    """The same pieces again and again, for `PATIENCE_S`."""
    ends_s = time.monotonic() + PATIENCE_S
    for piece in itertools.cycle(pieces):
        if time.monotonic() > ends_s:
            on_impatience()
            return
        yield piece


@contextlib.contextmanager
def answering(
    *pieces, every_s=0.0, for_ever=(), on_request=lambda: None, on_impatience=lambda: None
):
    """The port of a server that answers every request with these bytes, then `for_ever`.

    `on_impatience` is called where the client does not end the connection first.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve(line):
        with line, contextlib.suppress(OSError):
            line.recv(65_536)
            on_request()
            for piece in itertools.chain(pieces, go_on(for_ever, on_impatience)):
                line.sendall(piece)
                if ended.wait(every_s):
                    return
            line.shutdown(socket.SHUT_WR)
            line.recv(65_536)

    def accept():
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            line.settimeout(5)
            thread = threading.Thread(target=serve, args=(line,))
            thread.start()
            threads.append(thread)

    threads = [threading.Thread(target=accept)]
    threads[0].start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in threads:
            thread.join(10)


def asked(port, bounds=QUICK, scheme="http"):
    return send_request(parse_address(f"{scheme}://127.0.0.1:{port}/a/b?c=secret"), bounds)


def test_an_answer_comes_whole():
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") as port:
        answer = asked(port)
    assert (answer.status, answer.body, answer.is_success) == (200, b"hello", True)


HEAD = b"HTTP/1.1 200 OK\r\n"
DRIPPING = {
    "nothing": ((), (b"",)),
    "a status line": ((), (b"H",)),
    "headers": ((HEAD,), (b"X: y\r\n",)),
    "a header": ((HEAD,), (b"x",)),
    "continues": ((), (b"HTTP/1.1 100 Continue\r\n\r\n",)),
    "a body": ((HEAD, b"Content-Length: 900\r\n\r\n"), (b"x",)),
    "chunks": ((HEAD, b"Transfer-Encoding: chunked\r\n\r\n"), (b"1\r\nx\r\n",)),
    "until the end": ((HEAD, b"\r\n"), (b"x",)),
}


@pytest.mark.parametrize(
    ("scheme", "case"), [*(("http", case) for case in DRIPPING), ("https", "nothing")]
)
def test_a_server_that_drips_is_given_up_at_the_deadline(scheme, case):
    pieces, for_ever = DRIPPING[case]
    late = threading.Event()
    with (
        answering(*pieces, for_ever=for_ever, every_s=0.05, on_impatience=late.set) as port,
        pytest.raises(HttpRequestError, match=LATE),
    ):
        asked(port, scheme=scheme)
    assert not late.is_set()


@pytest.mark.parametrize("case", [case for case in DRIPPING if case != "nothing"])
def test_a_server_that_drips_without_tls_fails_the_handshake(case):
    pieces, for_ever = DRIPPING[case]
    with (
        answering(*pieces, for_ever=for_ever, every_s=0.05) as port,
        pytest.raises(HttpRequestError) as failed,
    ):
        asked(port, scheme="https")
    assert "secret" not in str(failed.value)


GARBAGE = {
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "noise": bytes(range(256)) * 10,
    "nothing": b"",
    "a long line": b"HTTP/1.1 200 " + b"x" * 100_000,
    "a short body": HEAD + b"Content-Length: 500\r\n\r\nhalf",
    "a bad length": HEAD + b"Content-Length: -1\r\n\r\n" + b"x" * 2_000,
    "a bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "many headers": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n",
    "too much": HEAD + b"\r\n" + b"x" * 5_000,
}


@pytest.mark.parametrize("case", GARBAGE)
def test_an_invalid_response_raises_one_error(case):
    with answering(GARBAGE[case]) as port, pytest.raises(HttpRequestError) as failed:
        asked(port)
    assert "secret" not in str(failed.value)


def test_a_refused_connection_is_reported_with_the_error_of_the_system():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(HttpRequestError, match="Connection refused"):
        asked(port)


def test_user_name_and_password_travel_in_a_header_and_the_target_as_written():
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.path, self.headers["Authorization"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        port = server.server_address[1]
        answer = send_request(parse_address(f"http://me:w%40rd@127.0.0.1:{port}?a=b"), QUICK)
        thread.join()
    assert answer.status == 204
    assert seen == [("/?a=b", "Basic bWU6d0ByZA==")]
