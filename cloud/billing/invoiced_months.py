"""What was invoiced of orders by month: final invoices, credit notes, and what is still tentative.

Amounts are without VAT and after the agency's commission, as documents state them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select

from cloud.billing.document import DocumentKind, DocumentStatus
from cloud.database.billing import billing_documents

OPEN: Final = (DocumentStatus.TENTATIVE.value, DocumentStatus.REQUESTED.value)


class InvoicedOrderMonth(NamedTuple):
    """One order in one month of the seller's clock."""

    order_id: str
    first_on: date
    currency: str


@dataclass(frozen=True, slots=True)
class InvoicedAmounts:
    """Sums of the documents of an order's month."""

    final_minor: int = 0
    credited_minor: int = 0
    tentative_minor: int = 0
    """Of invoices and credit notes that are not final; they may change."""
    has_final: bool = False

    def add(self, other: "InvoicedAmounts") -> "InvoicedAmounts":
        """The sums together."""
        return InvoicedAmounts(
            self.final_minor + other.final_minor,
            self.credited_minor + other.credited_minor,
            self.tentative_minor + other.tentative_minor,
            self.has_final or other.has_final,
        )


def read_invoiced_months(
    connection: Connection, first_on: date, until_on: date
) -> Mapping[InvoicedOrderMonth, InvoicedAmounts]:
    """The documents of the months that begin in [first_on, until_on), without rejected ones."""
    columns = billing_documents.c
    keys = (columns.order_id, columns.period_from, columns.currency, columns.kind, columns.status)
    wanted = (
        select(*keys, func.sum(columns.net_minor).label("net_minor"))
        .where(columns.period_from >= first_on, columns.period_from < until_on)
        .where(columns.status != DocumentStatus.REJECTED.value)
        .group_by(*keys)
    )
    found: dict[InvoicedOrderMonth, InvoicedAmounts] = {}
    for row in connection.execute(wanted):
        month = InvoicedOrderMonth(row.order_id, row.period_from, row.currency)
        amounts = _of_document(row.kind, row.status, int(row.net_minor))
        found[month] = found.get(month, InvoicedAmounts()).add(amounts)
    return found


def _of_document(kind: str, status: str, net_minor: int) -> InvoicedAmounts:
    is_credit = kind == DocumentKind.CREDIT_NOTE.value
    if status in OPEN:
        return InvoicedAmounts(tentative_minor=-net_minor if is_credit else net_minor)
    if is_credit:
        return InvoicedAmounts(credited_minor=net_minor)
    return InvoicedAmounts(final_minor=net_minor, has_final=True)
