"""What the lines of an order cost in a month, less what final invoices have billed already.

A line is paid by position-hours as booked: plays that were not delivered reduce it only through a
credit note. A line with a CPM contract is paid by its delivered impressions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from cloud.auth.accounts.account import Account
from cloud.billing.cpm_contracts import (
    CpmContract,
    DeliveredPlays,
    bill_impressions,
    read_contracts,
)
from cloud.billing.document import BillingDocument, BillingLine, DocumentKind, LineKind
from cloud.billing.periods import BillingPeriod, PeriodHours, split_hours
from cloud.booking.order_line import SOLD
from cloud.database import EPOCH
from cloud.database.orders import decode_runs
from cloud.money import major, round_minor, written

ReadPlays = Callable[[Connection, Sequence[str], datetime, datetime], Mapping[str, DeliveredPlays]]
"""The plays of lines between two instants."""
BASIS_POINTS: Final = 10_000
BILLED_STATES: Final = frozenset(state.value for state in SOLD)


@dataclass(frozen=True, slots=True)
class OrderMonth:
    """The lines of an order in a month, with their position-hours."""

    order_id: str
    period: BillingPeriod
    lines: tuple[tuple[Row[Any], PeriodHours], ...]

    @property
    def ends_at(self) -> datetime:
        """When the last slot ends; long ago where nothing is booked any more."""
        return max((hours.ends_at for _, hours in self.lines), default=EPOCH)


@dataclass(frozen=True, slots=True)
class Charges:
    """Lines to bill, and lines of which too much is billed."""

    lines: tuple[BillingLine, ...]
    overbilled: tuple[str, ...] = field(default=())


def split_order(
    rows: Iterable[Row[Any]], drafted: Iterable[BillingPeriod], zone: ZoneInfo
) -> Sequence[OrderMonth]:
    """The months of an order, from the newest versions of its lines, and those of its invoices."""
    months: dict[BillingPeriod, list[tuple[Row[Any], PeriodHours]]] = {one: [] for one in drafted}
    order_id = ""
    for row in rows:
        order_id = row.order_id
        if row.booking_status in BILLED_STATES:
            for period, hours in split_hours(decode_runs(row.slots), zone).items():
                months.setdefault(period, []).append((row, hours))
    return [OrderMonth(order_id, period, tuple(months[period])) for period in sorted(months)]


def compute_charges(
    connection: Connection,
    month: OrderMonth,
    final: Sequence[BillingDocument],
    read_plays: ReadPlays,
    zone: ZoneInfo,
) -> Charges:
    """What is still to be billed of a month; `final` has its invoices and their credit notes."""
    contracts = read_contracts(connection, (row.line_id for row, _ in month.lines))
    bounds = month.period.starts_at(zone), month.period.ends_at(zone)
    plays = read_plays(connection, sorted(contracts), *bounds) if contracts else {}
    billed = _sum_lines(final, DocumentKind.INVOICE)
    credited = _sum_lines(final, DocumentKind.CREDIT_NOTE)
    lines: list[BillingLine] = []
    overbilled: list[str] = []
    for row, hours in month.lines:
        before = billed.pop(row.line_id, None)
        if row.line_id in contracts:
            if before is None:
                found = plays.get(row.line_id, DeliveredPlays(0, Decimal(0)))
                lines.append(_bill_plays(row, month.period, contracts[row.line_id], found))
            continue
        due = hours.hours * row.price_minor - (before or 0)
        if due > 0 or before is None:
            lines.append(_bill_hours(row, month.period, hours.hours, before))
        elif due + credited.get(row.line_id, 0) < 0:
            overbilled.append(row.line_id)
    gone = [name for name, amount in billed.items() if amount > credited.get(name, 0)]
    return Charges(tuple(lines), (*overbilled, *sorted(gone)))


def add_commission(
    lines: Sequence[BillingLine], payer: Account, currency: str
) -> tuple[BillingLine, ...]:
    """The lines with the commission of the agency that pays, as a line of its own."""
    if not payer.commission_bp or not lines:
        return tuple(lines)
    gross = sum(line.amount_minor for line in lines)
    return (*lines, bill_commission(gross, payer.commission_bp, currency))


def bill_commission(gross_minor: int, commission_bp: int, currency: str) -> BillingLine:
    """The line of a commission, below zero."""
    amount = compute_commission(gross_minor, commission_bp)
    rate = (Decimal(commission_bp) / 100).normalize()
    return BillingLine(
        kind=LineKind.COMMISSION,
        text=f"Agency commission, {rate:f} % of {written(gross_minor, currency)} {currency}",
        quantity=Decimal(-1),
        unit_price=major(amount, currency),
        amount_minor=-amount,
    )


def compute_commission(gross_minor: int, commission_bp: int) -> int:
    """The commission of an amount, rounded once."""
    return round_minor(Decimal(gross_minor) * commission_bp / BASIS_POINTS)


def _sum_lines(final: Iterable[BillingDocument], kind: DocumentKind) -> dict[str, int]:
    """The amount of each order line in the documents of a kind."""
    summed: dict[str, int] = {}
    for document in final:
        for line in document.lines if document.kind is kind else ():
            if line.line_id:
                summed[line.line_id] = summed.get(line.line_id, 0) + line.amount_minor
    return summed


def _bill_hours(
    row: Row[Any], period: BillingPeriod, hours: int, before: int | None
) -> BillingLine:
    """A line by the hour; where some is billed, only what was added, in hours if that is exact."""
    text = _describe(row, period)
    price = major(row.price_minor, row.currency)
    due = hours * row.price_minor - (before or 0)
    added, rest = divmod(due, row.price_minor) if row.price_minor else (hours, 0)
    if before and rest:
        return BillingLine(
            LineKind.ADJUSTMENT, f"{text}, change of price", Decimal(1),
            major(due, row.currency), due, line_id=row.line_id,
        )  # fmt: skip
    return BillingLine(
        LineKind.HOURS, text if before is None else f"{text}, added", Decimal(added), price, due,
        line_id=row.line_id,
    )  # fmt: skip


def _bill_plays(
    row: Row[Any], period: BillingPeriod, contract: CpmContract, found: DeliveredPlays
) -> BillingLine:
    return bill_impressions(row.line_id, _describe(row, period), contract, found, row.currency)


def _describe(row: Row[Any], period: BillingPeriod) -> str:
    hours = f", local hours {row.hours}" if row.hours else ""
    positions = "1 position" if row.positions == 1 else f"{row.positions} positions"
    return f"{row.location}, {positions}, {period.first_on:%B %Y}{hours}"
