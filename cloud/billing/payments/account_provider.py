"""Payment on account: the payer transfers the amount after the invoice, within its credit limit.

There is no other system behind it. A payment is authorised when it is confirmed and succeeds when
finance records that the transfer has arrived.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from cloud.billing.payments.provider import (
    Amount,
    NewPayment,
    PaymentStatus,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    ProviderRefusedError,
    RefundStatus,
    WebhookRefusedError,
)

PREFIX: Final = "account_"


class AccountProvider:
    """Implements `PaymentProvider`; its references are derived from our ids and keys."""

    name = "account"
    extends_credit = True
    is_simulated = False
    remembers_keys_for = None

    def create(self, new: NewPayment, key: str) -> ProviderPayment:
        """See `PaymentProvider`; the payment needs no method and awaits its transfer."""
        return ProviderPayment(
            PREFIX + new.payment, new.payment, PaymentStatus.REQUIRES_CAPTURE, new.amount_minor,
            new.currency,
        )  # fmt: skip

    def confirm(self, reference: str, method: str, key: str) -> ProviderPayment:
        """Refused: nothing is charged."""
        raise ProviderRefusedError("a payment on account has no method: record its transfer")

    def capture(self, reference: str, amount: Amount, key: str) -> ProviderPayment:
        """The transfer has arrived."""
        own = reference.removeprefix(PREFIX)
        return ProviderPayment(
            reference, own, PaymentStatus.SUCCEEDED, amount.minor, amount.currency
        )

    def refund(self, reference: str, amount: Amount, key: str) -> ProviderRefund:
        """The amount is transferred back."""
        return ProviderRefund(
            PREFIX + key, reference, RefundStatus.SUCCEEDED, amount.minor, amount.currency
        )

    def cancel(self, reference: str, amount: Amount, key: str) -> ProviderPayment:
        """The amount will not be transferred."""
        own = reference.removeprefix(PREFIX)
        return ProviderPayment(
            reference, own, PaymentStatus.CANCELED, amount.minor, amount.currency
        )

    def find_payment(self, reference: str) -> ProviderPayment:
        """Refused: no other system has it."""
        raise ProviderRefusedError("a payment on account is stored nowhere else")

    def read_event(self, payload: bytes, signature: str, now: datetime) -> ProviderEvent:
        """Refused: there are no webhooks."""
        raise WebhookRefusedError("payments on account have no webhooks")

    def list_payments(self, first: datetime, until: datetime) -> Iterable[ProviderPayment]:
        """None: the bank statement is compared by hand."""
        return ()

    def list_refunds(self, first: datetime, until: datetime) -> Iterable[ProviderRefund]:
        """None, as for payments."""
        return ()
