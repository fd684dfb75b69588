"""Payments through the API: one charge for each key, 3-D Secure, refunds, and what is refused."""

import pytest

from cloud.auth.audit import verify_chain
from cloud.database import reading

PATH = "/api/payments"


def create(callers, who: str = "acme", **more: object):
    return callers.ask(who, "POST", PATH, {"invoice": callers.new_invoice(), **more})


def test_an_invoice_is_paid_with_a_card_confirmed_by_the_payer(callers):
    created = create(callers, amount_minor=900, currency="GBP")
    assert created.status_code == 201, created.text
    where = created.headers["location"]
    assert created.json()["status"] == "requires_payment_method"
    method = {"payment_method": "pm_card_threeDSecure2Required"}
    waiting = callers.ask("acme", "POST", f"{where}/confirm", method).json()
    assert (waiting["status"], waiting["next_url"].startswith(callers.server.url)) == (
        "requires_action", True,
    )  # fmt: skip
    intent = waiting["next_url"].rpartition("/")[2]
    callers.server.state.answer_payer(intent, accepts=True)
    event = callers.server.state.events[-1]
    assert [callers.send_event(event).json()["outcome"] for _ in range(2)] == [
        "applied", "repeated",
    ]  # fmt: skip
    paid = callers.ask("acme", "GET", where).json()
    assert (paid["status"], paid["next_url"]) == ("succeeded", None)
    assert callers.ask("acme", "POST", f"{where}/refund", {}).status_code == 403
    refunded = callers.ask("finance", "POST", f"{where}/refund", {"amount_minor": 100})
    assert refunded.json()["refunded_minor"] == 100
    assert (
        next(one["id"] for one in callers.ask("acme", "GET", PATH).json()["payments"])
        == (paid["id"])
    )
    with reading(callers.context.engine) as connection:
        verify_chain(connection)


def test_a_lost_answer_is_completed_by_the_same_request_and_charged_once(callers):
    where = create(callers).headers["location"]
    method, key = {"payment_method": "pm_card_visa"}, {"idempotency-key": "lost"}
    callers.server.lost_answers = 1
    first = callers.ask("acme", "POST", f"{where}/confirm", method, **key)
    assert (first.status_code, first.headers["retry-after"]) == (503, "5")
    before = len(callers.server.state.events)
    second = callers.ask("acme", "POST", f"{where}/confirm", method, **key)
    assert (second.status_code, second.json()["status"]) == (200, "succeeded")
    assert len(callers.server.state.events) == before


def test_a_declined_card_is_stated(callers):
    where = create(callers).headers["location"]
    method = {"payment_method": "pm_card_visa_chargeDeclined"}
    declined = callers.ask("acme", "POST", f"{where}/confirm", method).json()
    assert (declined["status"], declined["failure"]) == (
        "requires_payment_method", "generic_decline",
    )  # fmt: skip


def test_a_transfer_is_recorded_by_finance(callers):
    where = create(callers, provider="account").headers["location"]
    assert callers.ask("acme", "POST", f"{where}/capture").status_code == 403
    assert callers.ask("finance", "POST", f"{where}/capture").json()["status"] == "succeeded"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"amount_minor": 1}, 422), ({"currency": "JPY"}, 422), ({"amount_minor": -900}, 422),
        ({"price": 1}, 422), ({"order": "SO-1"}, 422), ({"provider": "other"}, 404),
    ],
)  # fmt: skip
def test_the_price_is_not_the_clients(callers, more, status):
    assert create(callers, **more).status_code == status


def test_another_account_neither_pays_nor_reads(callers):
    assert create(callers, "bolt").status_code == 404
    where = create(callers).headers["location"]
    assert callers.ask("bolt", "GET", where).status_code == 404
    method = {"payment_method": "pm_card_visa"}
    assert callers.ask("bolt", "POST", f"{where}/confirm", method).status_code == 404
    assert callers.ask("bolt", "POST", PATH, {"order": "SO-unknown"}).status_code == 404


@pytest.mark.parametrize("method", ["4242424242424242", "tok_visa"])
def test_no_card_number_is_accepted_or_repeated(callers, method):
    where = create(callers).headers["location"]
    refused = callers.ask("acme", "POST", f"{where}/confirm", {"payment_method": method})
    assert refused.status_code == 422
    assert method not in refused.text


def test_a_webhook_without_a_valid_signature_is_refused(callers):
    event = {"id": "evt_forged", "type": "payment_intent.succeeded", "data": {"object": {}}}
    assert callers.send_event(event, "whsec_other").status_code == 400
    bare = callers.client("POST", "/api/payments/webhooks/stripe", json=event)
    assert bare.status_code == 400
    assert callers.client("POST", "/api/payments/webhooks/other", json={}).status_code == 404
    assert callers.client("GET", PATH).status_code == 401
