"""A tentative invoice becomes final: its number, its dates and its posting, in one transaction."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection

from cloud.auth import audit
from cloud.billing.configuration import BillingConfig
from cloud.billing.document import DocumentKind, DocumentStatus, LineKind
from cloud.billing.document_numbers import take_number
from cloud.billing.document_store import (
    DocumentFilter,
    DocumentStateError,
    StoredDocument,
    list_documents,
    read_document,
    replace_content,
    set_number,
)
from cloud.billing.drafting import describe_change
from cloud.billing.ledger import (
    PREPAYMENT,
    Book,
    LedgerEntry,
    Posting,
    add_posting,
    read_open_minor,
)

FINALISE: Final = "invoice.finalise"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides, when, and by which configuration."""

    config: BillingConfig
    by: str
    now: datetime


class TooEarlyError(DocumentStateError):
    """The window for late data is still open."""


def finalise_due(connection: Connection, decision: Decision) -> tuple[str, ...]:
    """Finalise every tentative invoice whose window for late data is over, oldest first."""
    tentative = DocumentFilter(kind=DocumentKind.INVOICE, status=DocumentStatus.TENTATIVE)
    due = [
        one
        for one in list_documents(connection, tentative)
        if final_from(one, decision.config) <= decision.now
    ]
    ordered = sorted(due, key=lambda one: (one.supplied_until, one.id))
    return tuple(finalise_invoice(connection, one.id, decision).id for one in ordered)


def final_from(invoice: StoredDocument, config: BillingConfig) -> datetime:
    """When the window for late data ends."""
    return invoice.supplied_until + config.late_data_window


def finalise_invoice(connection: Connection, invoice: str, decision: Decision) -> StoredDocument:
    """Make an invoice final.

    Raises:
        UnknownDocumentError: there is none with that id.
        TooEarlyError: cameras may still report.
        DocumentStateError: it is final already.
    """
    audit.lock_log(connection)
    tentative = read_document(connection, invoice)
    _require_due(tentative, decision)
    today = decision.now.astimezone(decision.config.seller.zone).date()
    prepaid = _read_prepaid(connection, tentative)
    number = take_number(connection, decision.config.series.invoice, today.year)
    final = replace(
        tentative,
        status=DocumentStatus.FINAL,
        number=str(number),
        issued_on=today,
        due_on=today + timedelta(days=decision.config.terms_days),
        decided_by=decision.by,
        changed_at=decision.now,
        content=msgspec.structs.replace(tentative.content, prepaid_minor=prepaid),
    )
    replace_content(connection, final)
    set_number(connection, final.id, number.series, number.year, number.sequence)
    postings = [post_document(final)]
    if prepaid:
        postings.append(_allocate(final, prepaid))
    record_postings(connection, postings, final, FINALISE, decision)
    return final


def record_postings(
    connection: Connection,
    postings: list[Posting],
    document: StoredDocument,
    action: str,
    decision: Decision,
) -> None:
    """Append postings of a document with their entry in the audit log."""
    for posting in postings:
        add_posting(connection, posting, at=decision.now)
    details = {
        **describe_change(document),
        "postings": {posting.reference: posting.digest for posting in postings},
    }
    audit.record_change(
        connection, at=decision.now, actor=decision.by, action=action, about=document.id,
        details=details,
    )  # fmt: skip


def post_document(document: StoredDocument) -> Posting:
    """The posting of a final document; that of a credit note has the opposite signs."""
    content = document.content
    sign = 1 if content.kind is DocumentKind.INVOICE else -1
    sold = sum(one.amount_minor for one in content.lines if one.kind is not LineKind.COMMISSION)
    target = document.corrects or document.id
    amounts = {
        Book.RECEIVABLE: content.totals.total_minor,
        Book.REVENUE: -sold,
        Book.COMMISSION: sold - content.totals.net_minor,
        Book.VAT: -content.totals.vat_minor,
    }
    entries = [LedgerEntry(book, target, sign * amount) for book, amount in amounts.items()]
    return Posting(f"final:{document.id}", document.payer, content.currency, tuple(entries))


def _require_due(invoice: StoredDocument, decision: Decision) -> None:
    if invoice.status is not DocumentStatus.TENTATIVE:
        raise DocumentStateError(
            f"document {invoice.id} is {invoice.status}: only a tentative invoice becomes final"
        )
    due_at = final_from(invoice, decision.config)
    if decision.now < due_at:
        raise TooEarlyError(
            f"invoice {invoice.id} becomes final at {due_at.isoformat()}: until then cameras may "
            "report late"
        )


def _read_prepaid(connection: Connection, invoice: StoredDocument) -> int:
    """What was paid in advance for the order and is not used yet, at most the total."""
    order = PREPAYMENT + invoice.content.order_id
    paid = -read_open_minor(connection, order)
    return max(0, min(paid, invoice.content.totals.total_minor))


def _allocate(invoice: StoredDocument, prepaid_minor: int) -> Posting:
    order = PREPAYMENT + invoice.content.order_id
    entries = (
        LedgerEntry(Book.RECEIVABLE, order, prepaid_minor),
        LedgerEntry(Book.RECEIVABLE, invoice.id, -prepaid_minor),
    )
    return Posting(f"prepaid:{invoice.id}", invoice.payer, invoice.content.currency, entries)
