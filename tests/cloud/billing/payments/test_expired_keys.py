"""A call that was not answered for a day is looked up at its provider and not sent again."""

import pytest

from cloud.billing.ledger import read_open_minor
from cloud.billing.payments.calls import complete_all, complete_calls
from cloud.billing.payments.payment_store import list_open_calls
from cloud.billing.payments.provider import CallAction, PaymentStatus, ProviderUnavailableError
from cloud.billing.payments.requests import request_call
from cloud.database import reading, writing
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY


def open_minor(payer) -> int:
    with reading(payer.engine) as connection:
        return read_open_minor(connection, "order:SO-1")


def lose(payer, payment, action, **more) -> None:
    """Ask for an action whose answer is lost, and wait until the provider forgets its key."""
    with writing(payer.engine) as connection:
        request_call(connection, payment.id, action, payer.report, **more)
    payer.server.lost_answers = 1
    with pytest.raises(ProviderUnavailableError):
        complete_calls(payer.service, payment.id, by="a test")
    payer.wait(hours=24)


def test_an_unanswered_partial_refund_is_not_paid_twice(payer):
    paid = payer.pay()
    payer.wait(hours=2)
    lose(payer, paid, CallAction.REFUND, amount_minor=400)
    assert complete_all(payer.service, by="a test") == (1, 0)
    assert [one["amount"] for one in payer.server.state.refunds.values()] == [400]
    assert (payer.read(paid).refunded_minor, open_minor(payer)) == (400, -500)
    assert payer.call(paid, CallAction.REFUND, amount_minor=400).refunded_minor == 800


def test_a_refund_that_the_provider_does_not_have_is_stated_and_asked_for_again(payer):
    paid = payer.pay()
    with writing(payer.engine) as connection:
        request_call(connection, paid.id, CallAction.REFUND, payer.report, amount_minor=400)
    payer.wait(hours=24)
    stated = complete_calls(payer.service, paid.id, by="a test")
    assert (stated.status, stated.refunded_minor) == (PaymentStatus.SUCCEEDED, 0)
    assert stated.failure == (
        "the provider has not executed the refund of 2026-11-02 07:00 UTC: ask for it again"
    )
    assert payer.server.state.refunds == {}
    assert payer.call(paid, CallAction.REFUND, amount_minor=400).refunded_minor == 400


def test_a_payment_that_was_created_or_charged_a_day_ago_is_found(payer):
    payment = payer.store()
    payer.server.lost_answers = 1
    with pytest.raises(ProviderUnavailableError):
        complete_calls(payer.service, payment.id, by="a test")
    payer.wait(hours=24)
    created = complete_calls(payer.service, payment.id, by="a test")
    assert [created.reference] == list(payer.server.state.intents)
    lose(payer, created, CallAction.CONFIRM, method="pm_card_visa")
    paid = complete_calls(payer.service, payment.id, by="a test")
    assert (paid.status, open_minor(payer)) == (PaymentStatus.SUCCEEDED, -900)
    with reading(payer.engine) as connection:
        assert list_open_calls(connection) == []


@pytest.mark.parametrize(("hours", "refunds"), [(22, 1), (23, 0)])
def test_a_key_is_used_until_an_hour_before_its_end(payer, hours, refunds):
    paid = payer.pay()
    with writing(payer.engine) as connection:
        request_call(connection, paid.id, CallAction.REFUND, payer.report, amount_minor=400)
    payer.wait(hours=hours)
    complete_calls(payer.service, paid.id, by="a test")
    assert len(payer.server.state.refunds) == refunds


def test_a_payment_on_account_needs_no_key(payer):
    payment = payer.store("account")
    payer.wait(days=3)
    stored = complete_calls(payer.service, payment.id, by="a test")
    assert stored.status is PaymentStatus.REQUIRES_CAPTURE
