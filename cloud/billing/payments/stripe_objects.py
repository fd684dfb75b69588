"""Stripe's payment intents, refunds and events, as far as they are read."""

from datetime import timedelta
from typing import Any, Final

import msgspec

from cloud.billing.payments.provider import (
    MOST_URL,
    PaymentStatus,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    RefundStatus,
)
from cloud.billing.payments.stripe_amounts import from_stripe
from cloud.database import EPOCH

OUR_ID: Final = "payment"
"""The key of our id in the metadata of a payment intent."""
OUR_KEY: Final = "call"
"""The key, in the metadata of a refund, of the key of the call that has asked for it."""
INTENT_EVENTS: Final = "payment_intent."
REFUND_EVENTS: Final = ("refund.", "charge.refund.")
MOST_FAILURE: Final = 200
TOO_LONG: Final = (
    f"the address to confirm this payment has more than {MOST_URL} characters: "
    "confirm it with another payment method"
)
STATUSES: Final = {
    "requires_payment_method": PaymentStatus.REQUIRES_METHOD,
    "requires_confirmation": PaymentStatus.REQUIRES_METHOD,
    "requires_action": PaymentStatus.REQUIRES_ACTION,
    "processing": PaymentStatus.PROCESSING,
    "requires_capture": PaymentStatus.REQUIRES_CAPTURE,
    "succeeded": PaymentStatus.SUCCEEDED,
    "canceled": PaymentStatus.CANCELED,
}
REFUND_STATUSES: Final = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}


class _Redirect(msgspec.Struct):
    url: str | None = None


class _NextAction(msgspec.Struct):
    redirect_to_url: _Redirect | None = None


class _Failure(msgspec.Struct):
    code: str | None = None
    decline_code: str | None = None


class _Intent(msgspec.Struct):
    id: str
    status: str
    amount: int
    currency: str
    metadata: dict[str, str] = {}
    next_action: _NextAction | None = None
    last_payment_error: _Failure | None = None


class _Refund(msgspec.Struct):
    id: str
    payment_intent: str | None
    status: str
    amount: int
    currency: str
    metadata: dict[str, str] | None = None


class _EventData(msgspec.Struct):
    object: msgspec.Raw


class _StripeEvent(msgspec.Struct):
    id: str
    type: str
    data: _EventData
    created: int | None = None


def read_intent(plain: Any) -> ProviderPayment:
    """A payment intent; raises msgspec.ValidationError or KeyError for one that is not known."""
    return _to_payment(msgspec.convert(plain, _Intent))


def read_refund(plain: Any) -> ProviderRefund:
    """A refund; raises as `read_intent` does."""
    return _to_refund(msgspec.convert(plain, _Refund))


def read_event_body(payload: bytes) -> ProviderEvent:
    """An event; raises msgspec.DecodeError or KeyError."""
    event = msgspec.json.decode(payload, type=_StripeEvent)
    subject: ProviderPayment | ProviderRefund | None = None
    if event.type.startswith(INTENT_EVENTS):
        subject = _to_payment(msgspec.json.decode(event.data.object, type=_Intent))
    elif event.type.startswith(REFUND_EVENTS):
        subject = _to_refund(msgspec.json.decode(event.data.object, type=_Refund))
    created_at = None if event.created is None else EPOCH + timedelta(seconds=event.created)
    return ProviderEvent(event.id, event.type, subject, created_at)


def _to_payment(intent: _Intent) -> ProviderPayment:
    currency = intent.currency.upper()
    redirect = intent.next_action.redirect_to_url if intent.next_action else None
    url = redirect.url if redirect else None
    is_long = url is not None and len(url) > MOST_URL
    return ProviderPayment(
        reference=intent.id,
        payment=intent.metadata.get(OUR_ID),
        status=STATUSES[intent.status],
        amount_minor=from_stripe(intent.amount, currency),
        currency=currency,
        failure=TOO_LONG if is_long else _describe_failure(intent.last_payment_error),
        next_url=None if is_long else url,
    )


def _to_refund(refund: _Refund) -> ProviderRefund:
    currency = refund.currency.upper()
    return ProviderRefund(
        reference=refund.id,
        payment_reference=refund.payment_intent or "",
        status=REFUND_STATUSES[refund.status],
        amount_minor=from_stripe(refund.amount, currency),
        currency=currency,
        key=(refund.metadata or {}).get(OUR_KEY),
    )


def _describe_failure(failure: _Failure | None) -> str | None:
    if failure is None:
        return None
    return (failure.decline_code or failure.code or "declined")[:MOST_FAILURE]
