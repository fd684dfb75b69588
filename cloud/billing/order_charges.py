"""What the lines of an order cost in a month, less what final invoices have billed already.

A line is paid by position-hours as booked: plays that were not delivered reduce it only through a
credit note. A line with a CPM contract is paid by its delivered impressions.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from cloud.billing.cpm_contracts import (
    CpmContract,
    DeliveredPlays,
    bill_impressions,
    read_contracts,
)
from cloud.billing.document import BillingDocument, BillingLine, DocumentKind, LineKind
from cloud.billing.order_terms import CancellationFee
from cloud.billing.periods import BillingPeriod, PeriodHours, find_period, split_hours
from cloud.booking.order_line import SOLD
from cloud.booking.orders.order import compute_commission
from cloud.database import EPOCH
from cloud.database.orders import decode_runs
from cloud.money import major, written

ReadPlays = Callable[[Connection, Sequence[str], datetime, datetime], Mapping[str, DeliveredPlays]]
"""The plays of lines between two instants."""
SUPPLIES: Final = frozenset(LineKind) - {LineKind.CANCELLATION, LineKind.COMMISSION}
"""Kinds of lines that bill the hours of a line, or its plays."""
BILLED_STATES: Final = frozenset(state.value for state in SOLD)


@dataclass(frozen=True, slots=True)
class OrderMonth:
    """The lines of an order in a month with their position-hours, and fees for released hours."""

    order_id: str
    period: BillingPeriod
    lines: tuple[tuple[Row[Any], PeriodHours], ...]
    fees: tuple[BillingLine, ...] = ()
    fees_at: datetime = EPOCH

    @property
    def ends_at(self) -> datetime:
        """When the last slot ends; long ago where nothing is booked any more."""
        return max((self.fees_at, *(hours.ends_at for _, hours in self.lines)))


@dataclass(frozen=True, slots=True)
class Charges:
    """Lines to bill, and lines of which too much is billed."""

    lines: tuple[BillingLine, ...]
    overbilled: tuple[str, ...] = field(default=())


def split_order(
    rows: Sequence[Row[Any]], drafted: Iterable[BillingPeriod], zone: ZoneInfo
) -> Sequence[OrderMonth]:
    """The months of an order, from the newest versions of its lines, and those of its invoices."""
    months: dict[BillingPeriod, list[tuple[Row[Any], PeriodHours]]] = {one: [] for one in drafted}
    for row in rows:
        if row.booking_status in BILLED_STATES:
            runs = decode_runs(row.slots)
            for period, hours in split_hours(runs, row.price_minor, zone).items():
                months.setdefault(period, []).append((row, hours))
    order_id = str(rows[0].order_id)
    return [OrderMonth(order_id, period, tuple(months[period])) for period in sorted(months)]


def add_fees(
    months: Sequence[OrderMonth],
    fees: Mapping[str, CancellationFee],
    rows: Sequence[Row[Any]],
    final: Sequence[BillingDocument],
    zone: ZoneInfo,
) -> Sequence[OrderMonth]:
    """The months, with fees that no final invoice has billed in the month of the last of them."""
    billed = _sum_lines(final, DocumentKind.INVOICE, {LineKind.CANCELLATION})
    due = {name: fee for name, fee in fees.items() if fee.amount_minor > billed.get(name, 0)}
    if not due:
        return months
    lines = tuple(
        _bill_fee(row, due[row.line_id].amount_minor - billed.get(row.line_id, 0))
        for row in rows
        if row.line_id in due
    )
    fees_at = max(fee.changed_at for fee in due.values())
    period = find_period(fees_at, zone)
    by_period = {one.period: one for one in months}
    present = by_period.get(period) or OrderMonth(str(rows[0].order_id), period, ())
    by_period[period] = replace(present, fees=lines, fees_at=fees_at)
    return [by_period[one] for one in sorted(by_period)]


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
        due = hours.cost_minor - (before or 0)
        if due > 0 or before is None:
            lines.append(_bill_hours(row, month.period, hours, before))
        elif due + credited.get(row.line_id, 0) < 0:
            overbilled.append(row.line_id)
    gone = [name for name, amount in billed.items() if amount > credited.get(name, 0)]
    return Charges((*lines, *month.fees), (*overbilled, *sorted(gone)))


def add_commission(
    lines: Sequence[BillingLine], commission_bp: int, currency: str
) -> tuple[BillingLine, ...]:
    """The lines with the commission of the agency that pays, as a line of its own."""
    if not commission_bp or not lines:
        return tuple(lines)
    gross = sum(line.amount_minor for line in lines)
    return (*lines, bill_commission(gross, commission_bp, currency))


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


def _sum_lines(
    final: Iterable[BillingDocument], kind: DocumentKind, lines: Collection[LineKind] = SUPPLIES
) -> dict[str, int]:
    """The amount of each order line in the documents of a kind, by lines of some kinds."""
    summed: dict[str, int] = {}
    for document in final:
        for line in document.lines if document.kind is kind else ():
            if line.line_id and line.kind in lines:
                summed[line.line_id] = summed.get(line.line_id, 0) + line.amount_minor
    return summed


def _bill_hours(
    row: Row[Any], period: BillingPeriod, hours: PeriodHours, before: int | None
) -> BillingLine:
    """A line by the hour; where some is billed, only what was added.

    Hours of several prices are one amount, with the prices in a note.
    """
    text = _describe(row, period) + ("" if before is None else ", added")
    due = hours.cost_minor - (before or 0)
    price = hours.prices[0]
    if len(hours.prices) == 1 and (not price or due % price == 0):
        count = due // price if price else hours.hours
        amount = major(price, row.currency)
        return BillingLine(LineKind.HOURS, text, Decimal(count), amount, due, line_id=row.line_id)
    span = " to ".join(dict.fromkeys(
        written(one, row.currency) for one in (price, hours.prices[-1])
    ))  # fmt: skip
    kind = LineKind.LOT if before is None else LineKind.ADJUSTMENT
    note = f"{hours.hours} position-hours at {span} each"
    return BillingLine(
        kind, text, Decimal(1), major(due, row.currency), due, line_id=row.line_id, note=note
    )


def _bill_fee(row: Row[Any], amount_minor: int) -> BillingLine:
    return BillingLine(
        LineKind.CANCELLATION, f"{row.location}, released hours", Decimal(1),
        major(amount_minor, row.currency), amount_minor, line_id=row.line_id,
    )  # fmt: skip


def _bill_plays(
    row: Row[Any], period: BillingPeriod, contract: CpmContract, found: DeliveredPlays
) -> BillingLine:
    return bill_impressions(row.line_id, _describe(row, period), contract, found, row.currency)


def _describe(row: Row[Any], period: BillingPeriod) -> str:
    hours = f", local hours {row.hours}" if row.hours else ""
    positions = "1 position" if row.positions == 1 else f"{row.positions} positions"
    return f"{row.location}, {positions}, {period.first_on:%B %Y}{hours}"
