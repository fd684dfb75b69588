"""The table of invoices and credit notes. A final document is never changed here."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, delete, or_, select, tuple_, update

from cloud.billing.document import (
    BillingDocument,
    DocumentKind,
    DocumentStatus,
    decode_document,
    encode_document,
)
from cloud.database.billing import billing_documents

CHANGING: Final = (DocumentStatus.TENTATIVE.value, DocumentStatus.REQUESTED.value)
COLUMNS: Final = billing_documents.c
IS_FINAL_INVOICE: Final = and_(
    COLUMNS.kind == DocumentKind.INVOICE.value, COLUMNS.status == DocumentStatus.FINAL.value
)


class UnknownDocumentError(LookupError):
    """No document with that id, or none that the caller may see."""


class DocumentStateError(ValueError):
    """An action that the state of the document does not allow."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document with what is stored beside its content."""

    id: str
    status: DocumentStatus
    account: str
    payer: str
    part: int
    supplied_until: datetime
    corrects: str | None
    number: str | None
    issued_on: date | None
    due_on: date | None
    reason: str | None
    requested_by: str
    decided_by: str | None
    created_at: datetime
    changed_at: datetime
    content: BillingDocument

    @property
    def kind(self) -> DocumentKind:
        """Invoice or credit note."""
        return self.content.kind


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents to list; `accounts` None means those of all accounts."""

    accounts: frozenset[str] | None = None
    kind: DocumentKind | None = None
    status: DocumentStatus | None = None
    order_id: str | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    """Not included."""


def new_document_id() -> str:
    """An id that cannot be guessed."""
    return secrets.token_hex(16)


def insert_document(connection: Connection, document: StoredDocument) -> None:
    """Store a new document."""
    connection.execute(billing_documents.insert().values(_to_row(document)))


def replace_content(connection: Connection, document: StoredDocument) -> None:
    """Store another state of a tentative or requested document; raises DocumentStateError."""
    changed = connection.execute(
        update(billing_documents)
        .where(COLUMNS.id == document.id, COLUMNS.status.in_(CHANGING))
        .values(_to_row(document))
    )
    if not changed.rowcount:
        raise DocumentStateError(f"document {document.id} is final: correct it by a credit note")


def remove_tentative(connection: Connection, document: str) -> None:
    """Delete a tentative invoice, which has no number, when nothing is left to bill."""
    tentative = COLUMNS.status == DocumentStatus.TENTATIVE.value
    connection.execute(delete(billing_documents).where(COLUMNS.id == document, tentative))


def set_number(connection: Connection, document: str, series: str, year: int, last: int) -> None:
    """Store the parts of the number of a document that becomes final in this transaction."""
    connection.execute(
        update(billing_documents)
        .where(COLUMNS.id == document)
        .values(series=series, year=year, sequence=last)
    )


def read_document(
    connection: Connection, document: str, *, accounts: frozenset[str] | None = None
) -> StoredDocument:
    """A document, of one of the accounts or of any; raises UnknownDocumentError."""
    wanted = _within(select(billing_documents).where(COLUMNS.id == document), accounts)
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise unknown_document(document)
    return _to_document(row)


def find_number(connection: Connection, number: str) -> StoredDocument:
    """The final document with a number; raises UnknownDocumentError."""
    row = connection.execute(select(billing_documents).where(COLUMNS.number == number))
    found = row.mappings().one_or_none()
    if found is None:
        raise unknown_document(number)
    return _to_document(found)


def unknown_document(document: str) -> UnknownDocumentError:
    """The error of an unknown document and of one of another account."""
    return UnknownDocumentError(
        f"no invoice or credit note {document[:32]!r}: GET /api/invoices lists them"
    )


def list_documents(
    connection: Connection,
    chosen: DocumentFilter = DocumentFilter(),
    *,
    after: tuple[datetime, str] | None = None,
    limit: int | None = None,
) -> Sequence[StoredDocument]:
    """Documents, the latest first; all of them without a limit."""
    wanted = _within(select(billing_documents), chosen.accounts)
    for column, value in (
        (COLUMNS.kind, chosen.kind), (COLUMNS.status, chosen.status),
        (COLUMNS.order_id, chosen.order_id),
    ):  # fmt: skip
        if value is not None:
            wanted = wanted.where(column == str(value))
    if chosen.issued_from is not None:
        wanted = wanted.where(COLUMNS.issued_on >= chosen.issued_from)
    if chosen.issued_until is not None:
        wanted = wanted.where(COLUMNS.issued_on < chosen.issued_until)
    position = tuple_(COLUMNS.created_at, COLUMNS.id)
    if after is not None:
        wanted = wanted.where(position < after)
    ordered = wanted.order_by(COLUMNS.created_at.desc(), COLUMNS.id.desc()).limit(limit)
    return [_to_document(row) for row in connection.execute(ordered).mappings()]


def list_corrections(connection: Connection, invoice: str) -> Sequence[StoredDocument]:
    """The credit notes of an invoice that were not rejected, oldest first."""
    wanted = select(billing_documents).where(
        COLUMNS.corrects == invoice, COLUMNS.status != DocumentStatus.REJECTED.value
    )
    ordered = wanted.order_by(COLUMNS.created_at, COLUMNS.id)
    return [_to_document(row) for row in connection.execute(ordered).mappings()]


def digest_of_body(body: str) -> str:
    """Of the content of a document, for the audit log."""
    return hashlib.sha256(body.encode()).hexdigest()


def _within(wanted: Select[Any], accounts: frozenset[str] | None) -> Select[Any]:
    """Documents that one of the accounts has ordered or pays."""
    if accounts is None:
        return wanted
    names = sorted(accounts)
    return wanted.where(or_(COLUMNS.account.in_(names), COLUMNS.payer.in_(names)))


def _to_row(document: StoredDocument) -> dict[str, Any]:
    content = document.content
    beside = ("id", "account", "payer", "part", "supplied_until", "corrects", "number",
              "issued_on", "due_on", "reason", "requested_by", "decided_by", "created_at",
              "changed_at")  # fmt: skip
    return {
        **{name: getattr(document, name) for name in beside},
        "kind": content.kind.value,
        "status": document.status.value,
        "order_id": content.order_id,
        "period_from": content.period_from,
        "currency": content.currency,
        "net_minor": content.totals.net_minor,
        "vat_minor": content.totals.vat_minor,
        "total_minor": content.totals.total_minor,
        "body": encode_document(content),
    }


def _to_document(row: Any) -> StoredDocument:
    named = [name for name in StoredDocument.__slots__ if name not in ("status", "content")]
    return StoredDocument(
        status=DocumentStatus(row["status"]),
        content=decode_document(row["body"]),
        **{name: row[name] for name in named},
    )
