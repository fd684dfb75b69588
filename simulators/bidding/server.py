"""The HTTP server of the simulated bidder: it answers bid requests, and records notices."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from simulators.bidding.answers import ANSWERS

SERVER_FAULTS: Final = ("late", "hang", "error", "redirect")
BEHAVIOURS: Final = (*ANSWERS, *SERVER_FAULTS)
LATEST_S: Final = 30.0
NOTICES: Final = ("/win", "/bill", "/loss")


@dataclass
class Bidder:
    """A simulated bidder on a port of loopback.

    `late` answers with a bid after `release`, which is after the time limit of the exchange;
    `hang` sends the first bytes of an answer and no more until then.
    """

    creative: str = "spring-sale"
    behaviour: str = "bid"
    notice_status: int = 204
    requests: list[dict[str, Any]] = field(default_factory=list)
    notices: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def start(self, port: int = 0) -> str:
        """Serve on a thread; returns the address."""
        handler = type("_BidderHandler", (_BidderHandler,), {"bidder": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self.url

    def stop(self) -> None:
        """Stop serving."""
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: dict[str, Any]) -> bytes:
        """The body of the answer; empty for no bid."""
        name = self.behaviour if self.behaviour in ANSWERS else "bid"
        return ANSWERS[name](request, self.url, self.creative)


class _BidderHandler(BaseHTTPRequestHandler):
    bidder: Bidder
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path in NOTICES:
            self.bidder.notices.append((address.path[1:], dict(parse_qsl(address.query))))
            self._respond(self.bidder.notice_status, b"")
        else:
            self._respond(404, b"")

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        self.bidder.requests.append(request)
        match self.bidder.behaviour:
            case "error":
                self._respond(503, b"")
            case "redirect":
                self._redirect()
            case "hang":
                self._hang()
            case "late":
                self.bidder.release.wait(LATEST_S)
                self._answer(request)
            case _:
                self._answer(request)

    def log_message(self, *_: Any) -> None:
        """Nothing: the command prints what arrives."""

    def _answer(self, request: dict[str, Any]) -> None:
        body = self.bidder.answer(request)
        self._respond(200 if body else 204, body)

    def _hang(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"{")
        self.wfile.flush()
        self.bidder.release.wait(LATEST_S)
        self.close_connection = True

    def _redirect(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"{self.bidder.url}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _respond(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            if body:
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # the exchange does not wait any more
            self.close_connection = True
