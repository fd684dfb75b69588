"""`/api/invoices`: invoices and credit notes, as JSON, as PDF and as e-invoice.

An account sees the documents that it ordered or pays, and those of the clients that it acts for.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.billing.responses import (
    After,
    DocumentDetail,
    DocumentId,
    DocumentsResponse,
    Limit,
    describe_detail,
    describe_summary,
    read_position,
    write_cursor,
)
from cloud.api.overrides import PLAIN
from cloud.app.billing.services import get_billing
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.server.csv_answer import CHUNK, CSV_CONTENT, stream_csv
from cloud.auth.access import Caller, allow_roles, receive_caller
from cloud.auth.keys import Role
from cloud.billing.credit_amounts import LineCredit
from cloud.billing.credit_notes import approve_credit, reject_credit, request_credit
from cloud.billing.document import DocumentKind, DocumentStatus
from cloud.billing.document_store import (
    DocumentFilter,
    StoredDocument,
    list_documents,
    read_document,
)
from cloud.billing.documents.e_invoice import Syntax, write_any_pdf, write_xml
from cloud.money import major

READERS: Final = (Role.SALES, Role.FINANCE, Role.ADVERTISER, Role.AGENCY)
MOST_LINES: Final = 500
CSV_COLUMNS: Final = (
    "number", "kind", "status", "id", "account", "payer", "order_id", "period_from",
    "period_until", "issued_on", "due_on", "net", "vat", "total", "prepaid", "currency",
)  # fmt: skip

router = APIRouter(tags=["billing"])
Answer = TypeVar("Answer")
Asker = Annotated[Caller, Depends(receive_caller)]


class CreditedLine(BaseModel):
    """An amount without VAT to credit of a line."""

    model_config = ConfigDict(extra="forbid")

    line: int = Field(ge=1, le=100_000, description="of the invoice, from 1")
    amount_minor: int = Field(ge=1, le=10**15)


class CreditRequest(BaseModel):
    """What to credit, and why."""

    model_config = ConfigDict(extra="forbid")

    lines: list[CreditedLine] = Field(min_length=1, max_length=MOST_LINES)
    reason: str = Field(
        min_length=3, max_length=200, pattern=PLAIN, examples=["two hours without a picture"]
    )


@router.get(
    "/api/invoices",
    dependencies=[allow_roles(*READERS)],
    responses=problem_responses(*REFUSALS, 422, 500, 503),
)
async def list_invoices(
    request: Request,
    accounts: ListedAccounts,
    kind: DocumentKind | None = None,
    status: DocumentStatus | None = None,
    order: Annotated[str | None, Query(max_length=63)] = None,
    issued_from: date | None = None,
    issued_until: Annotated[date | None, Query(description="not included")] = None,
    after: After = None,
    limit: Limit = 20,
) -> DocumentsResponse:
    """List invoices and credit notes, the latest first."""
    chosen = DocumentFilter(accounts, kind, status, order, issued_from, issued_until)
    position = read_position(after)

    def read(connection: Connection) -> DocumentsResponse:
        found = list_documents(connection, chosen, after=position, limit=limit + 1)
        return DocumentsResponse(
            invoices=[describe_summary(one) for one in found[:limit]],
            next=write_cursor(found, limit),
        )

    return await read_database(request, read)


@router.get(
    "/api/invoices.csv",
    dependencies=[allow_roles(*READERS)],
    response_class=Response,
    responses={**CSV_CONTENT, **problem_responses(*REFUSALS, 422, 500, 503)},
)
async def export_invoices(
    request: Request,
    accounts: ListedAccounts,
    kind: DocumentKind | None = None,
    status: DocumentStatus | None = None,
) -> Response:
    """Export all invoices and credit notes, the latest first, one row for each."""
    context: AppContext = get_context(request)
    chunks = _read_chunks(context, DocumentFilter(accounts, kind, status))
    return await stream_csv("invoices", CSV_COLUMNS, chunks)


def _read_chunks(context: AppContext, chosen: DocumentFilter) -> Iterator[list[list[object]]]:
    position = None
    while True:
        with database.reading(context.engine) as connection:
            found = list_documents(connection, chosen, after=position, limit=CHUNK)
        yield [_to_csv_row(one) for one in found]
        if len(found) < CHUNK:
            return
        position = (found[-1].created_at, found[-1].id)


@router.get(
    "/api/invoices/{invoice}.pdf",
    dependencies=[allow_roles(*READERS)],
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
        **problem_responses(*REFUSALS, 404, 422, 500, 503),
    },
)
async def get_invoice_pdf(request: Request, invoice: DocumentId, who: Asker) -> Response:
    """Return the document as PDF; a final one has the e-invoice inside."""
    found = await _find(request, invoice, who)
    content = await run_in_threadpool(write_any_pdf, found)
    return Response(content, media_type="application/pdf", headers=_attach(found, "pdf"))


@router.get(
    "/api/invoices/{invoice}.xml",
    dependencies=[allow_roles(*READERS)],
    response_class=Response,
    responses={
        200: {"content": {"application/xml": {"schema": {"type": "string"}}}},
        **problem_responses(*REFUSALS, 404, 409, 422, 500, 503),
    },
)
async def get_invoice_xml(
    request: Request, invoice: DocumentId, who: Asker, syntax: Syntax = Syntax.CII
) -> Response:
    """Return a final document as e-invoice of EN 16931."""
    found = await _find(request, invoice, who)
    content = await run_in_threadpool(write_xml, found, syntax)
    return Response(content, media_type="application/xml", headers=_attach(found, "xml"))


@router.get(
    "/api/invoices/{invoice}",
    dependencies=[allow_roles(*READERS)],
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def get_invoice(request: Request, invoice: DocumentId, who: Asker) -> DocumentDetail:
    """Return an invoice or a credit note with its lines."""
    return describe_detail(await _find(request, invoice, who))


@router.post(
    "/api/invoices/{invoice}/credit-notes",
    status_code=201,
    response_model=DocumentDetail,
    dependencies=[allow_roles(Role.SALES, Role.FINANCE)],
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def create_credit_note(
    request: Request, invoice: DocumentId, asked: CreditRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Request a credit note of a final invoice, for finance to approve."""
    context: AppContext = get_context(request)
    wanted = [LineCredit(one.line, one.amount_minor) for one in asked.lines]

    def change(connection: Connection) -> Reply:
        note = request_credit(
            connection, invoice, wanted, asked.reason, by=who.name[:120], now=context.clock()
        )
        return _reply(note, 201, {"location": f"/api/invoices/{note.id}"})

    return await run_in_threadpool(idempotent.run, context, change)


@router.post(
    "/api/invoices/{invoice}/approve",
    response_model=DocumentDetail,
    dependencies=[allow_roles(Role.FINANCE)],
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def approve_credit_note(
    request: Request, invoice: DocumentId, who: Asker, idempotent: Idempotent
) -> Response:
    """Approve a requested credit note of another person: it gets its number."""
    context: AppContext = get_context(request)
    decision = get_billing(request).decision(context, who.name[:120])

    def change(connection: Connection) -> Reply:
        return _reply(approve_credit(connection, invoice, decision))

    return await run_in_threadpool(idempotent.run, context, change)


@router.post(
    "/api/invoices/{invoice}/reject",
    response_model=DocumentDetail,
    dependencies=[allow_roles(Role.FINANCE)],
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def reject_credit_note(
    request: Request, invoice: DocumentId, who: Asker, idempotent: Idempotent
) -> Response:
    """Reject a requested credit note."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        note = reject_credit(connection, invoice, by=who.name[:120], now=context.clock())
        return _reply(note)

    return await run_in_threadpool(idempotent.run, context, change)


def _to_csv_row(document: StoredDocument) -> list[object]:
    """Amounts in the currency, with its decimals."""
    summary = describe_summary(document)
    amounts = (summary.net_minor, summary.vat_minor, summary.total_minor, summary.prepaid_minor)
    named = [getattr(summary, name) for name in CSV_COLUMNS[:-5]]
    return [*named, *(major(one, summary.currency) for one in amounts), summary.currency]


async def _find(request: Request, invoice: str, who: Caller) -> StoredDocument:
    """A document that the caller may see; raises UnknownDocumentError."""
    accounts = who.accounts
    return await read_database(request, lambda one: read_document(one, invoice, accounts=accounts))


def _reply(
    document: StoredDocument, status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    return Reply(status, describe_detail(document).model_dump_json().encode(), headers or {})


def _attach(document: StoredDocument, ending: str) -> dict[str, str]:
    name = document.number or f"tentative-{document.id}"
    return {"content-disposition": f'attachment; filename="{name}.{ending}"'}
