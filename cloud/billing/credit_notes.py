"""Credit notes: requested, then approved by finance, with numbers of their own.

A final invoice is never edited. Amounts are computed again when a credit note is approved, from
what is credited by then.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from cloud.auth import audit
from cloud.billing.credit_amounts import LineCredit, compute_credit, sum_credits
from cloud.billing.document import (
    BillingDocument,
    DocumentKind,
    DocumentStatus,
    LineKind,
)
from cloud.billing.document_numbers import take_number
from cloud.billing.document_store import (
    DocumentFilter,
    DocumentStateError,
    StoredDocument,
    insert_document,
    list_corrections,
    list_documents,
    new_document_id,
    read_document,
    replace_content,
    set_number,
)
from cloud.billing.drafting import describe_change
from cloud.billing.finalising import Decision, post_document, record_postings
from cloud.booking.order_store import read_newest

REQUEST = "credit_note.request"
APPROVE = "credit_note.approve"
REJECT = "credit_note.reject"


class SelfApprovalError(DocumentStateError):
    """The person who requested a credit note may not approve it."""


def request_credit(
    connection: Connection,
    invoice: str,
    wanted: Sequence[LineCredit],
    reason: str,
    *,
    by: str,
    now: datetime,
) -> StoredDocument:
    """Request a credit note of a final invoice.

    Raises:
        UnknownDocumentError: there is no such invoice.
        DocumentStateError: it is not final.
        CreditError: a line has not that amount left.
    """
    audit.lock_log(connection)
    billed = _require_final_invoice(connection, invoice)
    content = _write_content(connection, billed, wanted, None)
    requested = StoredDocument(
        id=new_document_id(), status=DocumentStatus.REQUESTED, account=billed.account,
        payer=billed.payer, part=billed.part, supplied_until=billed.supplied_until,
        corrects=billed.id, number=None, issued_on=None, due_on=None, reason=reason,
        requested_by=by, decided_by=None, created_at=now, changed_at=now, content=content,
    )  # fmt: skip
    insert_document(connection, requested)
    _record(connection, requested, REQUEST, by, now)
    return requested


def approve_credit(
    connection: Connection, note: str, decision: Decision, *, by_another: bool = True
) -> StoredDocument:
    """Make a requested credit note final, with its number and posting.

    Raises:
        UnknownDocumentError: there is none with that id.
        SelfApprovalError: `by_another`, and the same person requested it.
        DocumentStateError: it is decided already.
        CreditError: other credit notes have been approved since, and too little is left.
    """
    audit.lock_log(connection)
    requested = _require_requested(connection, note)
    if by_another and requested.requested_by == decision.by:
        raise SelfApprovalError(
            f"{decision.by} requested credit note {requested.id}: another person approves it"
        )
    invoice = read_document(connection, requested.corrects or "")
    wanted = [
        LineCredit(line.corrects_line, line.amount_minor)
        for line in requested.content.lines
        if line.kind is not LineKind.COMMISSION
    ]
    content = _write_content(connection, invoice, wanted, requested.id)
    today = decision.now.astimezone(decision.config.seller.zone).date()
    number = take_number(connection, decision.config.series.credit_note, today.year)
    final = replace(
        requested, status=DocumentStatus.FINAL, number=str(number), issued_on=today,
        decided_by=decision.by, changed_at=decision.now, content=content,
    )  # fmt: skip
    replace_content(connection, final)
    set_number(connection, final.id, number.series, number.year, number.sequence)
    record_postings(connection, [post_document(final)], final, APPROVE, decision)
    return final


def reject_credit(connection: Connection, note: str, *, by: str, now: datetime) -> StoredDocument:
    """Reject a requested credit note; raises as `approve_credit` does."""
    audit.lock_log(connection)
    requested = _require_requested(connection, note)
    rejected = replace(requested, status=DocumentStatus.REJECTED, decided_by=by, changed_at=now)
    replace_content(connection, rejected)
    _record(connection, rejected, REJECT, by, now)
    return rejected


def _write_content(
    connection: Connection, invoice: StoredDocument, wanted: Sequence[LineCredit], own: str | None
) -> BillingDocument:
    """The content of a credit note; open requests count as credited, except its own."""
    others = [
        one.content
        for one in list_corrections(connection, invoice.id)
        if one.id != own and (own is None or one.status is DocumentStatus.FINAL)
    ]
    lines, totals = compute_credit(invoice.content, wanted, sum_credits(others))
    return msgspec.structs.replace(
        invoice.content, kind=DocumentKind.CREDIT_NOTE, lines=lines, totals=totals,
        prepaid_minor=0, corrects_number=invoice.number or "", corrects_on=invoice.issued_on,
    )  # fmt: skip


def _require_final_invoice(connection: Connection, invoice: str) -> StoredDocument:
    found = read_document(connection, invoice)
    if found.kind is not DocumentKind.INVOICE or found.status is not DocumentStatus.FINAL:
        raise DocumentStateError(
            f"document {found.id} is a {found.status} {found.kind}: only a final invoice is "
            "corrected by a credit note"
        )
    return found


def _require_requested(connection: Connection, note: str) -> StoredDocument:
    found = read_document(connection, note)
    if found.status is not DocumentStatus.REQUESTED:
        raise DocumentStateError(
            f"document {found.id} is {found.status}: only a requested credit note is decided on"
        )
    return found


def list_invoices_of_line(connection: Connection, line_id: str) -> Sequence[StoredDocument]:
    """The final invoices of the order of a line, the newest first."""
    found = read_newest(connection, "line_id", [line_id]).get(line_id)
    if found is None:
        return ()
    chosen = DocumentFilter(
        kind=DocumentKind.INVOICE, status=DocumentStatus.FINAL, order_id=found.order_id
    )
    return list_documents(connection, chosen)


def _record(
    connection: Connection, document: StoredDocument, action: str, by: str, now: datetime
) -> None:
    details = {**describe_change(document), "corrects": document.corrects}
    audit.record_change(
        connection, at=now, actor=by, action=action, about=document.id, details=details
    )
