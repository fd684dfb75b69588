"""Tentative invoices: one for each order and month, computed anew until it becomes final.

A month, not a flight, because flights last up to 400 days, because VAT is due by period, and
because an advertiser compares a month's invoices with its books. An invoice is drafted when the
last slot of its order in the month is over. Hours that were added to a month after its invoice
became final are billed by a further invoice of the same month, its next part.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Row, func, or_, select

from cloud.auth import audit
from cloud.auth.accounts.account import Account
from cloud.auth.accounts.account_store import accounts
from cloud.billing.configuration import BillingConfig, Seller
from cloud.billing.document import (
    BillingDocument,
    BillingLine,
    DocumentKind,
    DocumentStatus,
    Party,
    compute_totals,
    encode_document,
)
from cloud.billing.document_store import (
    DocumentFilter,
    StoredDocument,
    digest_of_body,
    insert_document,
    list_documents,
    new_document_id,
    remove_tentative,
    replace_content,
)
from cloud.billing.order_charges import (
    OrderMonth,
    ReadPlays,
    add_commission,
    add_fees,
    compute_charges,
    split_order,
)
from cloud.billing.order_terms import OrderTerms, read_fees, read_terms
from cloud.billing.periods import BillingPeriod
from cloud.billing.vat import TaxParty, decide_vat, write_vat_number
from cloud.booking.order_store import read_newest
from cloud.database import EPOCH
from cloud.database.billing import billing_documents
from cloud.database.orders import order_line_versions

log = logging.getLogger(__name__)
LOOK_BACK: Final = timedelta(days=100)
"""How long before the newest draft of an invoice an order is looked at again."""
DRAFT: Final = "invoice.draft"
WITHDRAW: Final = "invoice.withdraw"


@dataclass(frozen=True, slots=True)
class DraftResult:
    """Tentative invoices that were stored, and what needs a person."""

    drafted: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drafting:
    """What a run works with."""

    connection: Connection
    config: BillingConfig
    read_plays: ReadPlays
    now: datetime
    by: str


def draft_invoices(run: Drafting) -> DraftResult:
    """Store the tentative invoice of every order and month whose slots are over."""
    audit.lock_log(run.connection)
    drafted: list[str] = []
    notices: list[str] = []
    for order_id, rows in _read_orders(run.connection):
        stored = list_documents(run.connection, DocumentFilter(order_id=order_id))
        terms = read_terms(run.connection, order_id, rows[0].account)
        for month in _list_months(run, order_id, rows, stored):
            if month.ends_at > run.now:
                _withdraw(run, month, stored)
            elif terms is None:
                notices.append(
                    f"order {order_id}: there is no account {rows[0].account!r} to invoice: "
                    "create it, then run again"
                )
                break
            else:
                _draft_month(run, month, terms, rows[0], stored, drafted, notices)
    return DraftResult(tuple(drafted), tuple(notices))


def _list_months(
    run: Drafting, order_id: str, rows: Sequence[Row[Any]], stored: Sequence[StoredDocument]
) -> Sequence[OrderMonth]:
    zone = run.config.seller.zone
    drafted = [BillingPeriod(one.content.period_from) for one in stored]
    final = [one.content for one in stored if one.status is DocumentStatus.FINAL]
    fees = read_fees(run.connection, order_id)
    return add_fees(split_order(rows, drafted, zone), fees, rows, final, zone)


def _read_orders(connection: Connection) -> Iterable[tuple[str, Sequence[Row[Any]]]]:
    """The newest lines of each order that may have something to invoice, by order.

    Whatever was over when the newest invoice was drafted, was drafted by the same run or before. So
    those are left out that ended, were stored and had an account long before that run, however long
    ago it was. An order without an account is never left out.
    """
    columns = order_line_versions.c
    newest_draft = connection.execute(
        select(func.max(billing_documents.c.created_at)).where(
            billing_documents.c.kind == DocumentKind.INVOICE.value
        )
    ).scalar()
    since = EPOCH if newest_draft is None else newest_draft - LOOK_BACK
    wanted = (
        select(columns.order_id)
        .join(accounts, accounts.c.id == columns.account, isouter=True)
        .where(
            or_(
                columns.ends_at > since,
                columns.changed_at > since,
                accounts.c.created_at > since,
                accounts.c.id.is_(None),
            )
        )
        .distinct()
    )
    ids = connection.execute(wanted).scalars().all()
    newest = read_newest(connection, "order_id", ids)
    rows = sorted(newest.values(), key=lambda row: (row.order_id, row.line_id))
    for order_id, lines in groupby(rows, key=lambda row: str(row.order_id)):
        yield order_id, list(lines)


def _draft_month(
    run: Drafting,
    month: OrderMonth,
    terms: OrderTerms,
    first: Row[Any],
    stored: Sequence[StoredDocument],
    drafted: list[str],
    notices: list[str],
) -> None:
    of_month = [one for one in stored if one.content.period_from == month.period.first_on]
    final = [one for one in of_month if one.status is DocumentStatus.FINAL]
    charges = compute_charges(
        run.connection, month, [one.content for one in final], run.read_plays,
        run.config.seller.zone,
    )  # fmt: skip
    notices.extend(
        f"order {month.order_id}: line {line} is billed with more than it costs in "
        f"{month.period.first_on:%Y-%m}: request a credit note"
        for line in charges.overbilled
    )
    if not charges.lines:
        _withdraw(run, month, stored)
        return
    present = next((one for one in of_month if one.status is DocumentStatus.TENTATIVE), None)
    parts = sum(one.kind is DocumentKind.INVOICE for one in final)
    content = _write_content(run.config, month, terms, first, charges.lines)
    draft = _to_stored(run, present, month, terms, content, parts + 1)
    if _store_draft(run, present, draft):
        drafted.append(draft.id)


def _write_content(
    config: BillingConfig,
    month: OrderMonth,
    terms: OrderTerms,
    first: Row[Any],
    lines: Sequence[BillingLine],
) -> BillingDocument:
    payer = terms.payer
    treatment = decide_vat(
        config.vat,
        TaxParty(config.seller.country, config.seller.vat_number),
        TaxParty(payer.country, payer.vat_number, payer.id),
        month.period.last_on,
    )
    every = add_commission(lines, terms.commission_bp, first.currency)
    return BillingDocument(
        kind=DocumentKind.INVOICE,
        currency=first.currency,
        seller=describe_seller(config.seller),
        buyer=_describe_buyer(payer),
        advertiser=first.advertiser,
        campaign=first.campaign,
        order_id=month.order_id,
        period_from=month.period.first_on,
        period_until=month.period.last_on,
        treatment=treatment,
        lines=every,
        totals=compute_totals(every, treatment),
    )


def _to_stored(
    run: Drafting,
    present: StoredDocument | None,
    month: OrderMonth,
    terms: OrderTerms,
    content: BillingDocument,
    part: int,
) -> StoredDocument:
    if present is not None:
        return replace(present, content=content, supplied_until=month.ends_at, changed_at=run.now)
    return StoredDocument(
        id=new_document_id(), status=DocumentStatus.TENTATIVE, account=terms.ordering.id,
        payer=terms.payer.id, part=part, supplied_until=month.ends_at, corrects=None, number=None,
        issued_on=None, due_on=None, reason=None, requested_by=run.by, decided_by=None,
        created_at=run.now, changed_at=run.now, content=content,
    )  # fmt: skip


def _store_draft(run: Drafting, present: StoredDocument | None, draft: StoredDocument) -> bool:
    """Store a draft that is new or changed."""
    if present is None:
        insert_document(run.connection, draft)
    elif (present.content, present.supplied_until) != (draft.content, draft.supplied_until):
        replace_content(run.connection, draft)
    else:
        return False
    details = describe_change(draft)
    audit.record_change(
        run.connection, at=run.now, actor=run.by, action=DRAFT, about=draft.id, details=details
    )
    return True


def _withdraw(run: Drafting, month: OrderMonth, stored: Sequence[StoredDocument]) -> None:
    """Delete the tentative invoice of a month that is not over, or has nothing to bill."""
    for one in stored:
        is_of_month = one.content.period_from == month.period.first_on
        if is_of_month and one.status is DocumentStatus.TENTATIVE:
            remove_tentative(run.connection, one.id)
            audit.record_change(
                run.connection, at=run.now, actor=run.by, action=WITHDRAW, about=one.id,
                details={"order": month.order_id},
            )  # fmt: skip


def describe_change(document: StoredDocument) -> Mapping[str, Any]:
    """What the audit log records of a state of a document."""
    totals = document.content.totals
    return {
        "account": document.account,
        "payer": document.payer,
        "order": document.content.order_id,
        "currency": document.content.currency,
        "net_minor": totals.net_minor,
        "vat_minor": totals.vat_minor,
        "status": document.status.value,
        "number": document.number,
        "body": digest_of_body(encode_document(document.content)),
    }


def describe_seller(seller: Seller) -> Party:
    """The seller as a document names it."""
    return Party(
        name=seller.name, address=seller.address, country=seller.country, email=seller.email,
        vat_number=write_vat_number(seller.country, seller.vat_number) or "",
        company_number=seller.company_number or "", iban=seller.iban or "",
    )  # fmt: skip


def _describe_buyer(payer: Account) -> Party:
    return Party(
        name=payer.name, address=payer.address, country=payer.country,
        email=payer.billing_email or "",
        vat_number=write_vat_number(payer.country, payer.vat_number) or "",
    )  # fmt: skip
