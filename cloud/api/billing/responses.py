"""Documents and payments as the API answers them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import BaseModel, Field

from cloud.billing.document import BillingLine, DocumentKind, DocumentStatus, LineKind
from cloud.billing.document_store import StoredDocument
from cloud.billing.payments.payment_store import Payment
from cloud.billing.payments.provider import PaymentStatus
from cloud.billing.vat import VatCategory
from cloud.database import EPOCH, microseconds
from cloud.money import major

EXAMPLE_ID: Final = "3f2a9c1e5b7d4806a1c2e3f405162738"
MAX_PAGE: Final = 100
CURSOR: Final = r"^[0-9]{1,16}-[0-9a-f]{32}$"
After = Annotated[str | None, Query(pattern=CURSOR, description="`next` of a page")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
DocumentId = Annotated[str, Path(examples=[EXAMPLE_ID])]
PaymentId = Annotated[str, Path(examples=[EXAMPLE_ID])]


class DocumentSummary(BaseModel):
    """An invoice or a credit note without its lines."""

    id: str = Field(examples=[EXAMPLE_ID])
    kind: DocumentKind
    status: DocumentStatus
    number: str | None = Field(examples=["INV-2026-000017"], description="null: not final")
    account: str = Field(examples=["acme"], description="that ordered")
    payer: str = Field(examples=["north"], description="that pays: its agency, or itself")
    order_id: str = Field(examples=["SO-2041"])
    period_from: date
    period_until: date = Field(description="the last day")
    issued_on: date | None = Field(description="null: not final")
    due_on: date | None = Field(description="null: nothing is due")
    currency: str = Field(examples=["GBP"])
    net_minor: int = Field(description="without VAT")
    vat_minor: int
    total_minor: int = Field(description="with VAT")
    total: Decimal = Field(description="with VAT, in the currency")
    prepaid_minor: int = Field(description="paid in advance and deducted")
    created_at: datetime


class DocumentLine(BaseModel):
    """One line; amounts have no VAT."""

    number: int
    kind: LineKind
    text: str
    note: str
    line_id: str = Field(description="of the order; empty: of no single line")
    quantity: Decimal
    unit_price: Decimal = Field(description="of `price_base` units")
    price_base: int
    amount_minor: int


class DocumentDetail(DocumentSummary):
    """An invoice or a credit note with its lines."""

    advertiser: str
    campaign: str
    vat_category: VatCategory
    vat_percent: Decimal
    vat_reason: str = Field(description="why no VAT is charged; empty where it is")
    corrects: str | None = Field(description="the invoice of a credit note")
    reason: str | None = Field(description="of a credit note")
    lines: list[DocumentLine]


class DocumentsResponse(BaseModel):
    """One page, the latest first."""

    invoices: list[DocumentSummary]
    next: str | None = Field(description="`after` of the next page; null on the last")


class PaymentResponse(BaseModel):
    """A payment of an invoice, or of an order in advance."""

    id: str = Field(examples=[EXAMPLE_ID])
    account: str = Field(examples=["acme"], description="that pays")
    document: str = Field(description="the invoice, or order:ID of an order paid in advance")
    provider: str = Field(examples=["stripe"])
    status: PaymentStatus
    amount_minor: int
    currency: str = Field(examples=["GBP"])
    refunded_minor: int
    failure: str | None = Field(description="why the last attempt failed; null: it did not")
    next_url: str | None = Field(description="where the payer confirms; null: nothing to confirm")
    created_at: datetime


class PaymentsResponse(BaseModel):
    """One page, the latest first."""

    payments: list[PaymentResponse]
    next: str | None = Field(description="`after` of the next page; null on the last")


def describe_summary(stored: StoredDocument) -> DocumentSummary:
    """A document in a list."""
    return DocumentSummary(**_summary(stored))


def describe_detail(stored: StoredDocument) -> DocumentDetail:
    """A document with its lines."""
    content = stored.content
    return DocumentDetail(
        **_summary(stored),
        advertiser=content.advertiser,
        campaign=content.campaign,
        vat_category=content.treatment.category,
        vat_percent=content.treatment.percent,
        vat_reason=content.treatment.reason,
        corrects=stored.corrects,
        reason=stored.reason,
        lines=[_line(number, line) for number, line in enumerate(content.lines, 1)],
    )


def describe_payment(payment: Payment) -> PaymentResponse:
    """A payment."""
    named = PaymentResponse.model_fields
    return PaymentResponse(**{name: getattr(payment, name) for name in named})


def read_position(after: str | None) -> tuple[datetime, str] | None:
    """The position that a cursor names."""
    if after is None:
        return None
    at_us, _, name = after.partition("-")
    return EPOCH + timedelta(microseconds=int(at_us)), name


def write_cursor(found: Sequence[StoredDocument] | Sequence[Payment], limit: int) -> str | None:
    """The cursor of the next page, where more than `limit` were found."""
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    return f"{microseconds(last.created_at)}-{last.id}"


def _summary(stored: StoredDocument) -> dict[str, Any]:
    content = stored.content
    totals = content.totals
    beside = ("id", "kind", "status", "number", "account", "payer", "issued_on", "due_on",
              "created_at")  # fmt: skip
    return {
        **{name: getattr(stored, name) for name in beside},
        "order_id": content.order_id,
        "period_from": content.period_from,
        "period_until": content.period_until,
        "currency": content.currency,
        "net_minor": totals.net_minor,
        "vat_minor": totals.vat_minor,
        "total_minor": totals.total_minor,
        "total": major(totals.total_minor, content.currency),
        "prepaid_minor": content.prepaid_minor,
    }


def _line(number: int, line: BillingLine) -> DocumentLine:
    named = ("kind", "text", "note", "line_id", "quantity", "unit_price", "price_base",
             "amount_minor")  # fmt: skip
    return DocumentLine(number=number, **{name: getattr(line, name) for name in named})
