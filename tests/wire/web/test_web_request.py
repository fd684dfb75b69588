"""Credentials travel in a header to the host alone; a failure never quotes the address."""

import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from wire.addresses import parse_address
from wire.web.web_request import failure_of, web_request


@pytest.fixture
def servers():
    """Two servers: the first redirects to the second; what each was asked."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(
                (self.server.server_address[1], self.path, self.headers["Authorization"])
            )
            if self.path.startswith("/moved"):
                self.send_response(302)
                self.send_header("Location", f"http://127.0.0.1:{second.server_address[1]}/there")
            else:
                self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    first, second = (HTTPServer(("127.0.0.1", 0), Handler) for _ in range(2))
    threads = [threading.Thread(target=one.serve_forever, args=(0.05,)) for one in (first, second)]
    for thread in threads:
        thread.start()
    yield first.server_address[1], requests
    for one in (first, second):
        one.shutdown()
        one.server_close()
    for thread in threads:
        thread.join()


def test_credentials_travel_in_a_header_and_not_to_where_an_answer_redirects(servers):
    port, requests = servers
    address = parse_address(f"http://me:s3%40cret@127.0.0.1:{port}/moved?k=1")
    with urllib.request.urlopen(web_request(address), timeout=5):
        pass
    assert requests[0] == (port, "/moved?k=1", "Basic bWU6czNAY3JldA==")
    assert requests[1][1:] == ("/there", None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (urllib.error.HTTPError("http://h/?k=s3cret", 404, "s3cret", {}, None), "status 404"),
        (
            urllib.error.HTTPError("http://h/s3cret", 302, "to s3cret", {}, None),
            "status 302, a redirection that is not followed",
        ),
        (urllib.error.URLError(ConnectionRefusedError(111, "Refused")), "Refused"),
        (urllib.error.URLError(socket.gaierror(-2, "Name not known")), "Name not known"),
        (urllib.error.URLError(TimeoutError("timed out")), "no answer in time"),
        (urllib.error.URLError("no host given: s3cret"), "the request cannot be made"),
        (ssl.SSLError(1, "[SSL] s3cret"), "TLS failed (no reason given)"),
        (http.client.InvalidURL("port: 's3cret'"), "the answer is not HTTP (InvalidURL)"),
        (http.client.BadStatusLine("SSH-2.0 s3cret"), "the answer is not HTTP (BadStatusLine)"),
        (ValueError("unknown url type: s3cret"), "ValueError"),
    ],
)  # fmt: skip
def test_a_failure_is_a_status_or_a_fixed_text(error, reason):
    assert failure_of(error) == reason
