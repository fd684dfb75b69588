"""The simulated provider executes a key once, refuses other keys, and repeats its webhooks."""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from simulators.payments.intents import CONFIRMED_BY_PAYER
from simulators.payments.server import PaymentServer, WebhookSender

FORM = b"amount=900&currency=gbp"


@pytest.fixture
def server():
    server = PaymentServer("sk_test", "whsec_test", lambda: 1_000.0)
    server.start()
    yield server
    server.stop()


def post(server, path: str, body: bytes, key: str | None = None, secret: str = "sk_test"):
    headers = {"Authorization": f"Bearer {secret}"} | ({"Idempotency-Key": key} if key else {})
    request = urllib.request.Request(f"{server.url}/v1/{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_key_is_executed_once_and_belongs_to_one_request(server):
    first = post(server, "payment_intents", FORM, "a")
    assert post(server, "payment_intents", FORM, "a") == first
    assert len(server.state.intents) == 1
    assert post(server, "payment_intents", b"amount=1&currency=gbp", "a")[0] == 400
    assert post(server, "payment_intents", FORM)[1]["id"] != first[1]["id"]


def test_wrong_requests_are_refused(server):
    assert post(server, "payment_intents", FORM, secret="other")[0] == 401
    assert post(server, "payment_intents", b"amount=0&currency=gbp")[0] == 400
    assert post(server, "payment_intents/pi_9/confirm", b"payment_method=pm_card_visa")[0] == 404
    assert post(server, "unknown", b"")[0] == 404
    intent = post(server, "payment_intents", FORM)[1]["id"]
    assert post(server, f"payment_intents/{intent}/capture", b"")[0] == 400
    assert post(server, "refunds", f"payment_intent={intent}".encode())[0] == 400


def test_a_browser_sees_the_page_of_the_bank_and_a_program_the_intent(server):
    intent = post(server, "payment_intents", FORM)[1]["id"]
    method = f"payment_method={CONFIRMED_BY_PAYER}".encode()
    post(server, f"payment_intents/{intent}/confirm", method)

    def look(query="", accept="text/html,*/*"):
        address = f"{server.url}/3ds/{intent}{query}"
        request = urllib.request.Request(address, headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.headers["Content-Type"], answer.read().decode()

    kind, page = look()
    assert kind == "text/html; charset=utf-8"
    assert "GBP 9.00" in page
    assert 'href="?outcome=accept"' in page
    assert "The payment is confirmed" in look("?outcome=accept")[1]
    assert json.loads(look(accept="application/json")[1])["status"] == "succeeded"
    status, refusal = server.show_bank_page(f"/3ds/{intent}?outcome=refuse")
    assert (status, b"Nothing to confirm" in refusal) == (400, True)


def test_each_event_is_sent_twice(server):
    received: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["Stripe-Signature"].startswith("t=1000,v1=")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True).start()
    try:
        post(server, "payment_intents", FORM)
        sender = WebhookSender(server, f"http://127.0.0.1:{receiver.server_address[1]}/")
        assert sender.send_new() == [200, 200]
        assert sender.send_new() == []
    finally:
        receiver.shutdown()
        receiver.server_close()
    assert received[0] == received[1]
