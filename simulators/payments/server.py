"""The HTTP server of the simulated provider, with the faults of a real one.

It executes a call once for each `Idempotency-Key`, which it forgets after a day, and may lose an
answer after the call was executed. Its webhooks are signed as Stripe signs them, and may come twice
and in another order.
"""

import hashlib
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from simulators.payments.bank_page import render_bank_page, render_refusal
from simulators.payments.intents import PaymentIntents, RefusedIntentError

WEBHOOK_TIMEOUT_S: Final = 10
KEYS_LIVE_FOR_S: Final = 24 * 3600
BANK: Final = "/3ds/"
LOST: Final = -1
"""In place of a status: the call is executed and its answer is lost."""


@dataclass
class PaymentServer:
    """A simulated provider on a port of loopback."""

    secret_key: str
    webhook_secret: str
    clock: Callable[[], float] = time.time
    lost_answers: int = 0
    _results: dict[str, tuple[float, str, int, bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, port: int = 0) -> str:
        """Serve on a thread; returns the address."""
        handler = type("_PaymentHandler", (_PaymentHandler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.state = PaymentIntents(self.url, self.clock)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self.url

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def answer(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """The status and body of a call."""
        path = urlsplit(target).path
        if path.startswith(BANK):
            return self._answer_payer(target)
        if headers.get("Authorization") != f"Bearer {self.secret_key}":
            return 401, _encode({"error": {"type": "invalid_request_error"}})
        with self._lock:
            key = headers.get("Idempotency-Key")
            digest = hashlib.sha256(f"{method} {path} ".encode() + body).hexdigest()
            status, answer = self._execute_once(method, target, body, key, digest)
            if method == "POST" and self.lost_answers:
                self.lost_answers -= 1
                return LOST, b""
        return status, answer

    def sign(self, event: Mapping[str, Any], secret: str | None = None) -> tuple[bytes, str]:
        """The payload of an event and the header with its signature."""
        payload, at = _encode(event), int(self.clock())
        signed = f"{at}.".encode() + payload
        digest = hmac.new((secret or self.webhook_secret).encode(), signed, "sha256").hexdigest()
        return payload, f"t={at},v1={digest}"

    def _execute_once(
        self, method: str, target: str, body: bytes, key: str | None, digest: str
    ) -> tuple[int, bytes]:
        if key is None or method != "POST":
            return self._execute(method, target, body)
        now = self.clock()
        if key not in self._results or now >= self._results[key][0] + KEYS_LIVE_FOR_S:
            self._results[key] = (now, digest, *self._execute(method, target, body))
        _, first, status, answer = self._results[key]
        if first != digest:
            return 400, _encode({"error": {"type": "idempotency_error"}})
        return status, answer

    def _execute(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(target).path.strip("/").split("/")[1:]
        query = dict(parse_qsl(urlsplit(target).query))
        form = dict(parse_qsl(body.decode()))
        try:
            return 200, _encode(self._route(method, parts, form, query))
        except RefusedIntentError as refused:
            return refused.status, _encode({"error": refused.error})

    def _route(
        self, method: str, parts: list[str], form: dict[str, str], query: dict[str, str]
    ) -> Any:
        match (method, *parts):
            case ("POST", "payment_intents"):
                return self.state.create(form)
            case ("POST", "payment_intents", intent, "confirm" | "capture" | "cancel" as action):
                return self._act(intent, action, form)
            case ("POST", "refunds"):
                return self.state.refund(form)
            case ("GET", "payment_intents"):
                return _list("payment_intents", self.state.intents, query)
            case ("GET", "refunds"):
                return _list("refunds", self.state.refunds, query)
            case ("GET", "payment_intents", intent):
                return self.state.find(intent)
        raise RefusedIntentError(404, type="invalid_request_error", message="no such address")

    def _act(self, intent: str, action: str, form: dict[str, str]) -> Any:
        if action == "confirm":
            return self.state.confirm(intent, form)
        return self.state.cancel(intent) if action == "cancel" else self.state.capture(intent, form)

    def show_bank_page(self, target: str) -> tuple[int, bytes]:
        """The page of the bank for a browser."""
        try:
            return 200, render_bank_page(self._decide(target))
        except RefusedIntentError as refused:
            return refused.status, render_refusal(str(refused))

    def _answer_payer(self, target: str) -> tuple[int, bytes]:
        """The same for a program."""
        try:
            return 200, _encode(self._decide(target))
        except RefusedIntentError as refused:
            return refused.status, _encode({"error": refused.error})

    def _decide(self, target: str) -> dict[str, Any]:
        """The intent of a page of the bank; `?outcome=accept` or `?outcome=refuse` answers it."""
        intent = urlsplit(target).path.rpartition("/")[2]
        outcome = dict(parse_qsl(urlsplit(target).query)).get("outcome")
        with self._lock:
            if outcome is not None:
                self.state.answer_payer(intent, accepts=outcome == "accept")
            return self.state.find(intent)


@dataclass
class WebhookSender:
    """Sends the events of a server to an address, each twice and shuffled, until they arrive."""

    server: PaymentServer
    url: str
    order: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret
    sent: int = 0

    def send_new(self) -> list[int]:
        """Send the events since the last call; the statuses of the answers."""
        events = self.server.state.events[self.sent :] * 2
        self.sent = len(self.server.state.events)
        self.order.shuffle(events)
        return [self._send(event) for event in events]

    def _send(self, event: Mapping[str, Any]) -> int:
        payload, signature = self.server.sign(event)
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url, payload, headers)  # noqa: S310 - our own URL
        try:
            with urllib.request.urlopen(request, timeout=WEBHOOK_TIMEOUT_S) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code


class _PaymentHandler(BaseHTTPRequestHandler):
    provider: PaymentServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        is_browser = "text/html" in self.headers.get("Accept", "")
        if is_browser and self.path.startswith(BANK):
            self._send(*self.provider.show_bank_page(self.path), "text/html; charset=utf-8")
        else:
            self._respond(b"")

    def do_POST(self) -> None:
        self._respond(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def log_message(self, *_: Any) -> None:
        """Nothing: a request may have a payment method."""

    def _respond(self, body: bytes) -> None:
        status, answer = self.provider.answer(self.command, self.path, body, dict(self.headers))
        if status == LOST:
            self.close_connection = True
            return
        self._send(status, answer, "application/json")

    def _send(self, status: int, answer: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def _list(
    name: str, stored: Mapping[str, dict[str, Any]], query: Mapping[str, str]
) -> dict[str, Any]:
    """One page of a list, the latest first."""
    first, until = int(query.get("created[gte]", 0)), int(query.get("created[lt]", 10**12))
    found = [one for one in reversed(list(stored.values())) if first <= one["created"] < until]
    if after := query.get("starting_after"):
        found = found[[one["id"] for one in found].index(after) + 1 :]
    limit = int(query.get("limit", 10))
    return {
        "object": "list",
        "data": found[:limit],
        "has_more": len(found) > limit,
        "url": f"/v1/{name}",
    }


def _encode(value: Any) -> bytes:
    return json.dumps(value).encode()
