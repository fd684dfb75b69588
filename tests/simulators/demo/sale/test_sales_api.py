"""Requests carry the key of their caller and a key of their own; a refusal is stated."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from simulators.demo.running import DemoError
from simulators.demo.sale.sales_api import SaleRole, SalesApi


class Handler(BaseHTTPRequestHandler):
    """Answers with what it was sent; `/refused` is refused, `/events` has two events."""

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def do_PUT(self):
        self.answer()

    def answer(self):
        status = 409 if self.path == "/refused" else 200
        length = int(self.headers.get("Content-Length", 0))
        sent = json.dumps(
            {
                "method": self.command,
                "caller": self.headers["X-API-Key"],
                "key": self.headers["Idempotency-Key"],
                "body": self.rfile.read(length).decode(),
            }
        )
        if self.path == "/events":
            sent = f"event: performance\ndata: {sent}\n\nevent: performance\ndata: 2\n\n"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(sent.encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def api():
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    keys = {role: f"key of {role}" for role in SaleRole}
    yield SalesApi(f"http://127.0.0.1:{server.server_address[1]}", keys)
    server.shutdown()
    server.server_close()


def test_every_change_has_a_key_of_its_own(api):
    first, second = (api.change(SaleRole.BUYER, "PUT", "/x", {"a": 1}) for _ in range(2))
    assert (first["method"], first["caller"], first["body"]) == (
        "PUT", "key of advertiser", '{"a": 1}',
    )  # fmt: skip
    assert first["key"] != second["key"]
    assert api.get(SaleRole.FINANCE, "/x")["caller"] == "key of finance"


def test_the_first_event_of_a_stream_is_read(api):
    assert api.read_first_event(SaleRole.BUYER, "/events")["method"] == "GET"


def test_a_refusal_is_stated_with_its_request(api):
    with pytest.raises(DemoError, match=r"POST /refused is answered with 409: .*advertiser"):
        api.change(SaleRole.BUYER, "POST", "/refused", {})
    with pytest.raises(DemoError, match="GET /refused: no event"):
        api.read_first_event(SaleRole.BUYER, "/refused")
    closed = SalesApi("http://127.0.0.1:1", api.keys)
    with pytest.raises(DemoError, match="GET /x is not answered"):
        closed.get(SaleRole.BUYER, "/x")
