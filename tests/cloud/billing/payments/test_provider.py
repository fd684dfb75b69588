"""One suite over both providers: a call has one result for each key, and lists agree with calls."""

from datetime import timedelta

import pytest

from cloud.billing.payments.provider import (
    Amount,
    NewPayment,
    PaymentStatus,
    ProviderRefusedError,
    RefundStatus,
    WebhookRefusedError,
)
from tests.cloud.databases import SQLITE_ONLY

pytestmark = SQLITE_ONLY
NEW = NewPayment("a" * 32, 900, "GBP", is_manual=True)
WHOLE = Amount(900, "GBP")


@pytest.fixture(params=["stripe", "account"])
def provider(request, payer):
    return payer.service.providers[request.param]


def authorise(provider):
    created = provider.create(NEW, "key-1")
    if provider.extends_credit:
        return created
    assert created.status is PaymentStatus.REQUIRES_METHOD
    return provider.confirm(created.reference, "pm_card_visa", "key-2")


def test_a_payment_is_authorised_captured_and_refunded(provider):
    authorised = authorise(provider)
    assert authorised.status is PaymentStatus.REQUIRES_CAPTURE
    captured = provider.capture(authorised.reference, WHOLE, "key-3")
    assert captured.status is PaymentStatus.SUCCEEDED
    assert (captured.payment, captured.amount_minor, captured.currency) == ("a" * 32, 900, "GBP")
    refund = provider.refund(authorised.reference, Amount(400, "GBP"), "key-4")
    assert (refund.status, refund.amount_minor) == (RefundStatus.SUCCEEDED, 400)
    assert refund.payment_reference == authorised.reference


def test_a_repeated_key_has_the_same_result(provider):
    assert provider.create(NEW, "key-1") == provider.create(NEW, "key-1")
    authorised = authorise(provider)
    for _ in range(2):
        provider.capture(authorised.reference, WHOLE, "key-3")
    refunds = [provider.refund(authorised.reference, WHOLE, "key-4") for _ in range(2)]
    assert refunds[0] == refunds[1]


def test_a_webhook_that_is_not_signed_is_refused(provider, payer):
    with pytest.raises(WebhookRefusedError):
        provider.read_event(b"{}", "t=1,v1=0", payer.now)


def test_lists_have_what_was_created_in_the_interval(provider, payer):
    authorised = authorise(provider)
    provider.capture(authorised.reference, WHOLE, "key-3")
    provider.refund(authorised.reference, WHOLE, "key-4")
    before, after = payer.now - timedelta(hours=1), payer.now + timedelta(hours=1)
    expected = [] if provider.extends_credit else [authorised.reference]
    assert [one.reference for one in provider.list_payments(before, after)] == expected
    assert [one.payment_reference for one in provider.list_refunds(before, after)] == expected
    assert list(provider.list_payments(after, after + timedelta(hours=1))) == []


def test_a_list_has_all_pages(payer):
    stripe = payer.stripe
    for number in range(101):
        payer.server.state.create({"amount": str(number + 1), "currency": "gbp"})
    found = stripe.list_payments(payer.now - timedelta(hours=1), payer.now + timedelta(hours=1))
    assert {one.amount_minor for one in found} == set(range(1, 102))


def test_a_payment_on_account_is_not_confirmed(payer):
    with pytest.raises(ProviderRefusedError, match="record its transfer"):
        payer.service.providers["account"].confirm("account_x", "pm_card_visa", "key")
