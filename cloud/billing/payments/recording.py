"""What a provider reports of a payment or a refund, stored and posted once.

Reports arrive from answers and from webhooks, repeated and in any order. A payment that succeeded
or was canceled stays so, and a state of an earlier stage than the stored one changes nothing. Nor
does a webhook about an earlier step of the stage in which the payer confirms the payment.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from cloud.auth import audit
from cloud.billing.document import DocumentKind, DocumentStatus
from cloud.billing.document_store import DocumentFilter, list_documents
from cloud.billing.ledger import (
    PREPAYMENT,
    Book,
    LedgerEntry,
    Posting,
    add_posting,
    is_posted,
    read_open_minor,
)
from cloud.billing.payments.payment_store import Payment, store_refund, update_payment
from cloud.billing.payments.provider import (
    Amount,
    PaymentStatus,
    ProviderPayment,
    ProviderRefund,
    RefundStatus,
)

CHANGE: Final = "payment.change"
REFUND: Final = "payment.refund"
FINAL: Final = frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.CANCELED})
STAGE: Final = {
    PaymentStatus.PENDING: 0,
    PaymentStatus.REQUIRES_METHOD: 1,
    PaymentStatus.REQUIRES_ACTION: 1,
    PaymentStatus.PROCESSING: 1,
    PaymentStatus.REQUIRES_CAPTURE: 2,
    PaymentStatus.CANCELED: 3,
    PaymentStatus.SUCCEEDED: 3,
}
STEP: Final = {
    PaymentStatus.REQUIRES_METHOD: 0,
    PaymentStatus.REQUIRES_ACTION: 1,
    PaymentStatus.PROCESSING: 2,
}
"""Steps of the first stage. A payment without a method whose last attempt failed is after them."""
LAST_STEP: Final = 3


class PaymentMismatchError(ValueError):
    """A report of another amount or currency, or of another payment, than what is stored."""


@dataclass(frozen=True, slots=True)
class Report:
    """Who reports, and when.

    `is_event`: by a webhook, which may be late. `is_late`: it is about an earlier attempt to pay.
    """

    by: str
    at: datetime
    is_event: bool = False
    is_late: bool = False


def record_payment(
    connection: Connection, stored: Payment, found: ProviderPayment, report: Report
) -> bool:
    """Store and post a reported payment; whether anything changed.

    Raises:
        PaymentMismatchError: nothing is changed.
    """
    _require_same(stored, found.amount_minor, found.currency)
    _require_reference(stored, found)
    values = {
        "status": found.status.value, "failure": found.failure,
        "next_url": found.next_url if found.status is PaymentStatus.REQUIRES_ACTION else None,
    }  # fmt: skip
    if _is_older(stored, found, report) or all(
        getattr(stored, name) == value for name, value in values.items()
    ):
        return False
    update_payment(connection, stored.id, report.at, reference=found.reference, **values)
    postings = []
    if found.status is PaymentStatus.SUCCEEDED:
        postings.append(_post(f"payment:{stored.id}", stored, stored.amount_minor))
        postings.extend(_allocate(connection, stored))
    details = {**values, "amount_minor": stored.amount_minor, "currency": stored.currency}
    _record(connection, CHANGE, stored, postings, details, report)
    return True


def record_refund(
    connection: Connection, stored: Payment, found: ProviderRefund, report: Report
) -> bool:
    """Store and post a reported refund; whether anything changed.

    Raises:
        PaymentMismatchError: another currency, or more than was paid.
    """
    if found.currency != stored.currency or not 0 < found.amount_minor <= stored.amount_minor:
        _refuse(stored, Amount(found.amount_minor, found.currency))
    reference = f"refund:{stored.provider}:{found.reference}"
    is_later = store_refund(
        connection, stored.provider, found.reference, stored.id, found.amount_minor,
        found.status, report.at,
    )  # fmt: skip
    if not is_later:
        return False
    postings = []
    if found.status is RefundStatus.SUCCEEDED and not is_posted(connection, reference):
        postings.append(_post(reference, stored, -found.amount_minor))
    undone = f"undo-{reference}"
    if found.status is RefundStatus.FAILED and is_posted(connection, reference):
        postings.append(_post(undone, stored, found.amount_minor))
    change = -sum(_cash(posting) for posting in postings)
    if stored.refunded_minor + change > stored.amount_minor:
        _refuse(stored, Amount(found.amount_minor, found.currency))
    update_payment(connection, stored.id, report.at, refunded_minor=stored.refunded_minor + change)
    details = {
        "refund": found.reference, "status": found.status.value,
        "amount_minor": found.amount_minor, "currency": found.currency,
    }  # fmt: skip
    _record(connection, REFUND, stored, postings, details, report)
    return True


def _is_older(stored: Payment, found: ProviderPayment, report: Report) -> bool:
    if stored.status in FINAL or STAGE[found.status] < STAGE[stored.status]:
        return True
    if not report.is_event or STAGE[found.status] > STAGE[stored.status]:
        return False
    if report.is_late and found.status in STEP:
        return True
    return _find_step(found.status, found.failure) < _find_step(stored.status, stored.failure)


def _find_step(status: PaymentStatus, failure: str | None) -> int:
    has_failed = status is PaymentStatus.REQUIRES_METHOD and failure is not None
    return LAST_STEP if has_failed else STEP.get(status, 0)


def _require_same(stored: Payment, amount_minor: int, currency: str) -> None:
    if (amount_minor, currency) != (stored.amount_minor, stored.currency):
        _refuse(stored, Amount(amount_minor, currency))


def _require_reference(stored: Payment, found: ProviderPayment) -> None:
    is_same = stored.reference in (None, found.reference)
    if not is_same or found.payment not in (None, stored.id):
        raise PaymentMismatchError(
            f"payment {stored.id} has the reference {stored.reference}: found {found.reference}"
        )


def _refuse(stored: Payment, found: Amount) -> None:
    raise PaymentMismatchError(
        f"payment {stored.id}: found {found.minor} {found.currency}, expected "
        f"{stored.amount_minor} {stored.currency}"
    )


def _post(reference: str, payment: Payment, amount_minor: int) -> Posting:
    entries = (
        LedgerEntry(Book.CASH, payment.document, amount_minor),
        LedgerEntry(Book.RECEIVABLE, payment.document, -amount_minor),
    )
    return Posting(reference, payment.account, payment.currency, entries)


def _allocate(connection: Connection, payment: Payment) -> Iterator[Posting]:
    """Move a payment of an order to its invoices that became final before, the oldest first."""
    if not payment.document.startswith(PREPAYMENT):
        return
    audit.lock_log(connection)
    order = payment.document.removeprefix(PREPAYMENT)
    final = DocumentFilter(kind=DocumentKind.INVOICE, status=DocumentStatus.FINAL, order_id=order)
    rest = payment.amount_minor
    for invoice in reversed(list_documents(connection, final)):
        amount = min(rest, read_open_minor(connection, invoice.id))
        if amount > 0:
            rest -= amount
            entries = (
                LedgerEntry(Book.RECEIVABLE, payment.document, amount),
                LedgerEntry(Book.RECEIVABLE, invoice.id, -amount),
            )
            reference = f"prepaid:{invoice.id}:{payment.id}"
            yield Posting(reference, payment.account, payment.currency, entries)


def _cash(posting: Posting) -> int:
    return posting.entries[0].amount_minor


def _record(
    connection: Connection,
    action: str,
    payment: Payment,
    postings: list[Posting],
    details: Mapping[str, Any],
    report: Report,
) -> None:
    for posting in postings:
        add_posting(connection, posting, at=report.at)
    every = {**details, "postings": {one.reference: one.digest for one in postings}}
    audit.record_change(
        connection, at=report.at, actor=report.by, action=action, about=payment.id, details=every
    )
