"""A call is stored before it is sent, and sent again with its key until its outcome is known."""

import pytest
from sqlalchemy import update

from cloud.billing.ledger import find_unbalanced, read_balances, read_open_minor
from cloud.billing.payments import calls
from cloud.billing.payments.amounts_due import read_order_due
from cloud.billing.payments.calls import complete_all, complete_calls
from cloud.billing.payments.payment_store import list_open_calls
from cloud.billing.payments.provider import (
    CallAction,
    PaymentStatus,
    ProviderUnavailableError,
)
from cloud.billing.payments.recording import PaymentMismatchError
from cloud.billing.payments.requests import (
    ExpectedAmount,
    PaymentStateError,
    open_payment,
    request_call,
)
from cloud.database import reading, writing
from cloud.database.billing import payment_calls
from simulators.payments.intents import RefusedIntentError
from tests.cloud.billing.billing_examples import CONFIG, flight, store_lines
from tests.cloud.databases import SQLITE_ONLY

THREE_D = "pm_card_threeDSecure2Required"


def open_minor(payer) -> int:
    with reading(payer.engine) as connection:
        assert find_unbalanced(connection) == []
        return read_open_minor(connection, "order:SO-1")


def test_a_payment_is_charged_and_posted_once(payer):
    paid = payer.pay()
    assert (paid.status, paid.amount_minor, paid.currency) == (PaymentStatus.SUCCEEDED, 900, "GBP")
    assert complete_calls(payer.service, paid.id, by="a test") == paid
    assert open_minor(payer) == -900
    with reading(payer.engine) as connection:
        (balance,) = read_balances(connection)
    assert (balance.account, balance.amount_minor) == ("acme", -900)


@SQLITE_ONLY
@pytest.mark.parametrize("action", [CallAction.CREATE, CallAction.CONFIRM])
def test_a_lost_answer_leaves_the_call_open_and_repeating_it_charges_once(payer, action):
    payment = payer.store() if action is CallAction.CREATE else payer.open()
    if action is CallAction.CONFIRM:
        with writing(payer.engine) as connection:
            request_call(connection, payment.id, action, payer.report, method="pm_card_visa")
    payer.server.lost_answers = 1
    with pytest.raises(ProviderUnavailableError, match="same Idempotency-Key"):
        complete_calls(payer.service, payment.id, by="a test")
    with reading(payer.engine) as connection:
        assert [call.action for call in list_open_calls(connection)] == [action]
    assert complete_all(payer.service, by="a test") == (1, 0)
    assert len(payer.server.state.intents) == 1
    assert complete_all(payer.service, by="a test") == (0, 0)
    if action is CallAction.CONFIRM:
        assert open_minor(payer) == -900


@SQLITE_ONLY
def test_a_process_that_ends_between_call_and_storage_charges_once(payer, monkeypatch):
    payment = payer.open()
    with writing(payer.engine) as connection:
        request_call(connection, payment.id, CallAction.CONFIRM, payer.report,
                     method="pm_card_visa")  # fmt: skip

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(calls, "end_call", end)
        with pytest.raises(KeyboardInterrupt):
            complete_calls(payer.service, payment.id, by="a test")
    assert payer.read(payment).status is PaymentStatus.REQUIRES_METHOD
    assert payer.deliver(payer.events("payment_intent.succeeded")[0]) == "applied"
    paid = complete_calls(payer.service, payment.id, by="a test")
    assert paid.status is PaymentStatus.SUCCEEDED
    assert len(payer.events("payment_intent.succeeded")) == 1
    assert open_minor(payer) == -900


@SQLITE_ONLY
def test_a_declined_card_is_stated_and_another_may_be_tried(payer):
    payment = payer.pay("pm_card_visa_chargeDeclinedInsufficientFunds")
    assert (payment.status, payment.failure) == (
        PaymentStatus.REQUIRES_METHOD, "insufficient_funds",
    )  # fmt: skip
    assert open_minor(payer) == 0
    again = payer.call(payment, CallAction.CONFIRM, method="pm_card_visa")
    assert (again.status, again.failure) == (PaymentStatus.SUCCEEDED, None)


@SQLITE_ONLY
def test_a_refused_call_is_stated_and_the_payment_stays(payer):
    payment = payer.pay("pm_unknown")
    assert payment.status is PaymentStatus.REQUIRES_METHOD
    assert payment.failure == "Stripe refused the call: resource_missing"


@SQLITE_ONLY
def test_an_authorised_amount_is_captured_later(payer):
    payment = payer.call(payer.open(is_manual=True), CallAction.CONFIRM, method="pm_card_visa")
    assert payment.status is PaymentStatus.REQUIRES_CAPTURE
    assert open_minor(payer) == 0
    assert payer.call(payment, CallAction.CAPTURE).status is PaymentStatus.SUCCEEDED
    assert open_minor(payer) == -900


@SQLITE_ONLY
def test_refunds_are_posted_once_and_never_exceed_the_payment(payer):
    paid = payer.pay()
    first = payer.call(paid, CallAction.REFUND, amount_minor=400)
    assert (first.refunded_minor, open_minor(payer)) == (400, -500)
    for event in payer.events("refund.created"):
        assert payer.deliver(event) == "unchanged"
    with pytest.raises(PaymentMismatchError, match="at most 500"):
        payer.call(paid, CallAction.REFUND, amount_minor=501)
    assert payer.call(paid, CallAction.REFUND).refunded_minor == 900
    assert open_minor(payer) == 0


@SQLITE_ONLY
def test_a_refund_that_fails_later_is_undone(payer):
    paid = payer.pay()
    payer.call(paid, CallAction.REFUND, amount_minor=400)
    (created,) = payer.events("refund.created")
    failed = {**created["data"]["object"], "status": "failed"}
    assert payer.deliver(
        {"id": "evt_f", "type": "refund.failed", "data": {"object": failed}}
    ) == "applied"  # fmt: skip
    assert (payer.read(paid).refunded_minor, open_minor(payer)) == (0, -900)


@SQLITE_ONLY
def test_one_call_of_a_payment_is_open_at_a_time(payer):
    payment = payer.open()
    with writing(payer.engine) as connection:
        ask = (connection, payment.id, CallAction.CONFIRM, payer.report)
        request_call(*ask, method="pm_card_visa")
        with pytest.raises(PaymentStateError, match="waits for its provider"):
            request_call(*ask, method="pm_card_visa")
    paid = complete_calls(payer.service, payment.id, by="a test")
    with pytest.raises(PaymentStateError, match="confirm needs requires_action or"):
        payer.call(paid, CallAction.CONFIRM, method="pm_card_visa")


@SQLITE_ONLY
def test_a_wrong_key_is_refused_without_its_text(payer):
    payer.server.secret_key = "sk_test_other"
    payment = payer.open()
    assert payment.status is PaymentStatus.CANCELED
    assert payment.failure == "Stripe refused our key: check ONLOOKER_STRIPE_KEY"


@SQLITE_ONLY
@pytest.mark.parametrize("provider", ["stripe", "account"])
def test_a_payment_that_has_not_succeeded_is_canceled_and_another_made(payer, provider):
    canceled = payer.call(payer.open(provider), CallAction.CANCEL)
    assert canceled.status is PaymentStatus.CANCELED
    with pytest.raises(PaymentStateError, match="is canceled"):
        payer.call(canceled, CallAction.CANCEL)
    paid = payer.pay()
    with pytest.raises(PaymentStateError, match="is succeeded"):
        payer.call(paid, CallAction.CANCEL)
    assert open_minor(payer) == -900


@SQLITE_ONLY
def test_a_payment_that_contradicts_its_provider_does_not_stop_the_others(payer):
    wrong = payer.store()
    payer.wait(seconds=1)
    with writing(payer.engine) as connection:
        connection.execute(update(payment_calls).values(amount_minor=899))
        store_lines(connection, flight(1, order_id="SO-2", line_id="SO-2-1"))
        due = read_order_due(connection, "SO-2", None, CONFIG, payer.now)
        second = open_payment(connection, due, payer.stripe, ExpectedAmount(), payer.report)
    assert complete_all(payer.service, by="a test") == (1, 1)
    assert payer.read(second).status is PaymentStatus.REQUIRES_METHOD
    assert payer.read(wrong).status is PaymentStatus.PENDING


@SQLITE_ONLY
def test_a_card_that_is_declined_at_capture_leaves_no_open_call(payer, monkeypatch):
    payment = payer.call(payer.open(is_manual=True), CallAction.CONFIRM, method="pm_card_visa")

    def decline(*_: object) -> None:
        raise RefusedIntentError(402, type="card_error", code="card_declined")

    monkeypatch.setattr(payer.server.state, "capture", decline)
    refused = payer.call(payment, CallAction.CAPTURE)
    assert refused.failure == "Stripe refused the call: card_declined"
    assert refused.status is PaymentStatus.REQUIRES_CAPTURE


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_long_address_to_confirm_is_stored_and_one_that_is_too_long_is_refused(payer):
    long = "https://bank.example/" + "x" * 3_000
    payer.server.state.url = long
    waiting = payer.call(payer.open(), CallAction.CONFIRM, method=THREE_D)
    assert waiting.next_url == f"{long}/3ds/{waiting.reference}"
    payer.server.state.url = long * 2
    refused = payer.call(waiting, CallAction.CONFIRM, method=THREE_D)
    assert (refused.status, refused.next_url) == (PaymentStatus.REQUIRES_ACTION, None)
    assert "has more than 4000 characters" in refused.failure
    paid = payer.call(refused, CallAction.CONFIRM, method="pm_card_visa")
    assert paid.status is PaymentStatus.SUCCEEDED
