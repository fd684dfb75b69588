"""What is to be paid: the open amount of a final invoice, or the price of an order in advance.

It is read under the lock of the audit log: of two transactions that pay the same document, the
second one finds what the first one has stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from cloud import database
from cloud.auth import audit
from cloud.auth.accounts.account import Account
from cloud.auth.accounts.account_store import read_account, require_account
from cloud.billing.configuration import BillingConfig
from cloud.billing.cpm_contracts import read_contracts
from cloud.billing.document import DocumentKind, DocumentStatus, compute_vat, remove_vat
from cloud.billing.document_store import IS_FINAL_INVOICE, DocumentStateError, read_document
from cloud.billing.ledger import PREPAYMENT, read_open_minor
from cloud.billing.order_charges import BILLED_STATES
from cloud.billing.order_terms import read_terms
from cloud.billing.payments.provider import PaymentStatus
from cloud.billing.vat import TaxParty, decide_vat
from cloud.booking.order_line import BookingStatus
from cloud.booking.order_store import read_newest
from cloud.booking.orders.order import compute_commission
from cloud.booking.orders.order_rows import unknown_order
from cloud.database.billing import billing_documents, payments
from cloud.database.orders import decode_runs

PAYABLE_STATES: Final = BILLED_STATES | {
    BookingStatus.RESERVED.value,
    BookingStatus.PENDING_BOOKING.value,
}
OPEN: Final = frozenset(
    {PaymentStatus.PENDING, PaymentStatus.REQUIRES_METHOD, PaymentStatus.REQUIRES_ACTION,
     PaymentStatus.PROCESSING, PaymentStatus.REQUIRES_CAPTURE}
)  # fmt: skip
"""States of a payment that may still succeed."""
OPEN_STATES: Final = sorted(one.value for one in OPEN)


class NothingDueError(DocumentStateError):
    """There is nothing to pay, or a payment of it is under way."""


class OtherPayerError(DocumentStateError):
    """An account pays that the caller does not act for."""


@dataclass(frozen=True, slots=True)
class AmountDue:
    """What an account has to pay for a document."""

    payer: Account
    document: str
    amount_minor: int
    currency: str
    vat_minor: int | None = None  # part of the price of an order


def read_invoice_due(
    connection: Connection, invoice: str, accounts: frozenset[str] | None
) -> AmountDue:
    """What is still to be paid for a final invoice.

    Raises:
        UnknownDocumentError: there is none, or it is of another account.
        DocumentStateError: it is not a final invoice.
        NothingDueError: it is paid, or a payment is under way.
    """
    audit.lock_log(connection)
    stored = read_document(connection, invoice, accounts=accounts)
    if stored.kind is not DocumentKind.INVOICE or stored.status is not DocumentStatus.FINAL:
        raise DocumentStateError(
            f"document {stored.id} is a {stored.status} {stored.kind}: pay a final invoice, or "
            "its order in advance"
        )
    due = read_open_minor(connection, stored.id)
    payer = require_account(connection, stored.payer)  # a closed one still has to pay
    _require_own(payer, accounts, f"invoice {stored.id}")
    return _require_due(connection, AmountDue(payer, stored.id, due, stored.content.currency))


def read_order_due(
    connection: Connection,
    order_id: str,
    accounts: frozenset[str] | None,
    config: BillingConfig,
    now: datetime,
) -> AmountDue:
    """The price of an order with VAT, less what was billed or paid for it already.

    Lines that are paid by impressions are not part of it: their price follows from the plays.

    Raises:
        UnknownOrderError: there is none, or it is of another account.
        NothingDueError: it is paid, or a payment is under way.
    """
    audit.lock_log(connection)
    due = compute_order_due(connection, order_id, accounts, config, now)
    _require_own(due.payer, accounts, f"order {order_id}")
    return _require_due(connection, due)


def compute_order_due(
    connection: Connection,
    order_id: str,
    accounts: frozenset[str] | None,
    config: BillingConfig,
    now: datetime,
) -> AmountDue:
    """The same for display: without a lock, also where nothing is due or another account pays.

    Raises:
        UnknownOrderError: there is none, or it is of another account.
        NothingDueError: there is no open account that pays.
    """
    rows = list(read_newest(connection, "order_id", [order_id]).values())
    if not rows or (accounts is not None and rows[0].account not in accounts):
        raise unknown_order(order_id)
    terms = read_terms(connection, order_id, rows[0].account)
    payer = _require_payer(connection, terms.payer.id if terms else rows[0].account)
    gross = _sum_prices(connection, rows)
    net = gross - compute_commission(gross, terms.commission_bp if terms else 0)
    treatment = decide_vat(
        config.vat,
        TaxParty(config.seller.country, config.seller.vat_number),
        TaxParty(payer.country, payer.vat_number, payer.id),
        now.astimezone(config.seller.zone).date(),
    )
    total = net + compute_vat(net, treatment.percent)
    document = PREPAYMENT + order_id
    paid = -read_open_minor(connection, document)
    due = total - paid - _sum_invoices(connection, order_id)
    vat = due - remove_vat(due, treatment.percent)
    return AmountDue(payer, document, due, rows[0].currency, vat)


def _require_payer(connection: Connection, account: str) -> Account:
    found = read_account(connection, account)
    if found is None or not found.is_open:
        raise NothingDueError(f"there is no open account {account[:40]!r} to pay: create it first")
    return found


def _require_own(payer: Account, accounts: frozenset[str] | None, what: str) -> None:
    if accounts is not None and payer.id not in accounts:
        raise OtherPayerError(f"{what} is paid by {payer.id}, the agency of its account")


def _require_due(connection: Connection, due: AmountDue) -> AmountDue:
    columns = payments.c
    open_ones = select(columns.id).where(
        columns.document == due.document, columns.status.in_(OPEN_STATES)
    )
    under_way = connection.execute(open_ones.limit(1)).scalar()
    if under_way is not None:
        raise NothingDueError(f"payment {under_way} of {due.document} is under way: complete it")
    if due.amount_minor <= 0:
        raise NothingDueError(f"nothing is to be paid for {due.document}")
    return due


def _sum_prices(connection: Connection, rows: Sequence[Row[Any]]) -> int:
    by_plays = read_contracts(connection, (row.line_id for row in rows))
    return sum(
        run.price_or(row.price_minor) * run.hours * run.positions
        for row in rows
        if row.booking_status in PAYABLE_STATES and row.line_id not in by_plays
        for run in decode_runs(row.slots)
    )


def _sum_invoices(connection: Connection, order_id: str) -> int:
    """The totals of the final invoices of an order."""
    document = billing_documents.c
    wanted = select(database.total(document.total_minor)).where(
        IS_FINAL_INVOICE, document.order_id == order_id
    )
    return int(connection.execute(wanted).scalar() or 0)
