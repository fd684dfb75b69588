"""Who pays for an order, the agency's commission, and what is due for released hours.

An order that was placed here has the agency and the commission of that day. An order of a file has
those of its account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from cloud.auth.accounts.account import Account
from cloud.auth.accounts.account_store import read_account
from cloud.booking.orders.tables import booked_lines, orders


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """The account that ordered, the one that pays, and its commission in basis points."""

    ordering: Account
    payer: Account
    commission_bp: int


@dataclass(frozen=True, slots=True)
class CancellationFee:
    """What is due for the hours that a line has released."""

    amount_minor: int
    changed_at: datetime


def read_terms(connection: Connection, order_id: str, account: str) -> OrderTerms | None:
    """The terms of an order; None where its account does not exist."""
    ordering = read_account(connection, account)
    if ordering is None:
        return None
    wanted = select(orders.c.agency, orders.c.commission_bp).where(orders.c.id == order_id)
    placed = connection.execute(wanted).one_or_none()
    name = ordering.agency if placed is None else placed.agency
    agency = read_account(connection, name) if name else None
    payer = agency or ordering
    return OrderTerms(
        ordering, payer, payer.commission_bp if placed is None else placed.commission_bp
    )


def read_fees(connection: Connection, order_id: str) -> Mapping[str, CancellationFee]:
    """What is due for released hours, by line."""
    columns = booked_lines.c
    wanted = select(columns.line_id, columns.cancellation_minor, columns.changed_at).where(
        columns.order_id == order_id, columns.cancellation_minor > 0
    )
    return {
        row.line_id: CancellationFee(row.cancellation_minor, row.changed_at)
        for row in connection.execute(wanted)
    }
