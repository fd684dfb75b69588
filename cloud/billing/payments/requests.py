"""Payments as they are asked for: each request stores a payment or a call, and sends nothing.

`complete_calls` sends what is stored. A request is refused here if its amount or currency is not
what is due: the price is never the client's.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from cloud.auth import audit
from cloud.billing.document_store import DocumentStateError
from cloud.billing.ledger import PREPAYMENT
from cloud.billing.payments.account_credit import require_credit
from cloud.billing.payments.amounts_due import AmountDue
from cloud.billing.payments.payment_store import (
    Payment,
    ProviderCall,
    count_calls,
    insert_call,
    insert_payment,
    list_open_calls,
    new_payment_id,
    read_payment,
)
from cloud.billing.payments.provider import CallAction, PaymentProvider, PaymentStatus
from cloud.billing.payments.recording import PaymentMismatchError, Report

MANUAL: Final = "manual"
CREATE: Final = "payment.create"
CALL: Final = "payment.call"
ALLOWED: Final = {
    CallAction.CONFIRM: frozenset({PaymentStatus.REQUIRES_METHOD, PaymentStatus.REQUIRES_ACTION}),
    CallAction.CAPTURE: frozenset({PaymentStatus.REQUIRES_CAPTURE}),
    CallAction.REFUND: frozenset({PaymentStatus.SUCCEEDED}),
    CallAction.CANCEL: frozenset(
        {
            PaymentStatus.REQUIRES_METHOD,
            PaymentStatus.REQUIRES_ACTION,
            PaymentStatus.REQUIRES_CAPTURE,
        }
    ),
}


class PaymentStateError(DocumentStateError):
    """An action that the state of the payment does not allow."""


@dataclass(frozen=True, slots=True)
class ExpectedAmount:
    """What the client believes is due; None: it does not say."""

    amount_minor: int | None = None
    currency: str | None = None


def open_payment(
    connection: Connection,
    due: AmountDue,
    provider: PaymentProvider,
    expected: ExpectedAmount,
    report: Report,
    *,
    is_manual: bool = False,
) -> Payment:
    """Store a payment of what is due, to be created at its provider.

    Raises:
        PaymentMismatchError: the client expects another amount or currency.
        OverCreditError: an order would be paid later, and the credit of the account is too small.
    """
    _require_expected(due, expected)
    if provider.extends_credit and due.document.startswith(PREPAYMENT):
        require_credit(connection, due)
    payment = Payment(
        id=new_payment_id(), account=due.payer.id, document=due.document,
        provider=provider.name, reference=None, amount_minor=due.amount_minor,
        currency=due.currency, refunded_minor=0, status=PaymentStatus.PENDING, failure=None,
        next_url=None, created_by=report.by, created_at=report.at, changed_at=report.at,
        vat_minor=due.vat_minor,
    )  # fmt: skip
    insert_payment(connection, payment)
    method = MANUAL if is_manual else None
    call = ProviderCall(payment.id, CallAction.CREATE, 1, due.amount_minor, report.at, method)
    insert_call(connection, call)
    details = {
        "document": due.document, "provider": provider.name, "vat_minor": due.vat_minor,
        **_describe(payment),
    }  # fmt: skip
    _record(connection, CREATE, payment, details, report)
    return payment


def request_call(
    connection: Connection,
    payment: str,
    action: CallAction,
    report: Report,
    *,
    accounts: frozenset[str] | None = None,
    method: str | None = None,
    amount_minor: int | None = None,
) -> Payment:
    """Store a call of an action. One that is open, of the same action, is not stored again.

    Raises:
        UnknownPaymentError: there is none, or it is of another account.
        PaymentStateError: the payment is in a state without this action, or another call is open.
        PaymentMismatchError: a refund of more than is left.
    """
    stored = read_payment(connection, payment, accounts=accounts)
    if list_open_calls(connection, payment):
        raise PaymentStateError(
            f"payment {payment} waits for its provider: send the earlier request again"
        )
    if stored.status not in ALLOWED[action]:
        raise PaymentStateError(
            f"payment {payment} is {stored.status}: {action} needs "
            f"{' or '.join(sorted(ALLOWED[action]))}"
        )
    left = stored.amount_minor - stored.refunded_minor
    wanted = left if amount_minor is None else amount_minor
    if not 0 < wanted <= left:
        raise PaymentMismatchError(
            f"payment {payment}: found {wanted} minor units, expected above 0 and at most {left}"
        )
    attempt = count_calls(connection, payment, action) + 1
    insert_call(connection, ProviderCall(payment, action, attempt, wanted, report.at, method))
    details = {"action": action.value, "amount_minor": wanted, "currency": stored.currency}
    _record(connection, CALL, stored, details, report)
    return stored


def _require_expected(due: AmountDue, expected: ExpectedAmount) -> None:
    found = (
        due.amount_minor if expected.amount_minor is None else expected.amount_minor,
        expected.currency or due.currency,
    )
    if found != (due.amount_minor, due.currency):
        raise PaymentMismatchError(
            f"found {found[0]} {found[1]}, expected {due.amount_minor} {due.currency}, which is "
            f"due for {due.document}: the price is that of the order"
        )


def _describe(payment: Payment) -> dict[str, Any]:
    return {
        "account": payment.account,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
    }


def _record(
    connection: Connection, action: str, payment: Payment, details: dict[str, Any], report: Report
) -> None:
    audit.record_change(
        connection, at=report.at, actor=report.by, action=action, about=payment.id, details=details
    )
