"""Invoices and credit notes that have become final, for the account that pays."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from cloud.billing.document import DocumentKind, DocumentStatus
from cloud.database.billing import billing_documents
from cloud.money import written
from cloud.notifications.event import Fact, NoticeEvent
from cloud.notifications.kinds import NoticeTopic
from cloud.notifications.rules.campaigns import LOOK_BACK
from cloud.sites.sites import Sites


def find_issued_invoices(
    connection: Connection, _sites: Sites, now: datetime
) -> Iterator[NoticeEvent]:
    """The documents of the last two days."""
    columns = billing_documents.c
    wanted = select(
        columns.id, columns.kind, columns.payer, columns.number, columns.total_minor,
        columns.currency, columns.due_on, columns.changed_at,
    ).where(
        columns.status == DocumentStatus.FINAL.value, columns.changed_at > now - LOOK_BACK
    )  # fmt: skip
    for row in connection.execute(wanted):
        name = "Invoice" if row.kind == DocumentKind.INVOICE.value else "Credit note"
        amount = f"{row.currency} {written(row.total_minor, row.currency)}"
        due = () if row.due_on is None else (Fact("Due", row.due_on.isoformat()),)
        yield NoticeEvent(
            kind=NoticeTopic.INVOICE_ISSUED,
            key=row.id,
            account=row.payer,
            at=row.changed_at,
            title=f"{name} {row.number} of {amount}",
            facts=(Fact("Number", row.number), Fact("Amount", amount), *due),
            path=f"/api/invoices/{row.id}",
            subject=row.id,
        )
