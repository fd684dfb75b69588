"""Billing periods: months of the seller's clock, half-open."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cloud.booking.order_line import HOUR_S
from cloud.database import EPOCH
from cloud.database.orders import SlotRun


@dataclass(frozen=True, slots=True, order=True)
class BillingPeriod:
    """A month, by its first day."""

    first_on: date

    @property
    def next_first_on(self) -> date:
        """The first day of the next month."""
        return (self.first_on + timedelta(days=32)).replace(day=1)

    @property
    def last_on(self) -> date:
        """The last day of the month."""
        return self.next_first_on - timedelta(days=1)

    def starts_at(self, zone: ZoneInfo) -> datetime:
        """The first instant of the month."""
        return datetime.combine(self.first_on, datetime.min.time(), zone)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The first instant after the month."""
        return datetime.combine(self.next_first_on, datetime.min.time(), zone)


@dataclass(frozen=True, slots=True)
class PeriodHours:
    """Position-hours of a line in a period, what they cost, and when the last slot of them ends.

    `prices` are those of one position-hour, each once, the lowest first.
    """

    hours: int
    cost_minor: int
    prices: tuple[int, ...]
    ends_at: datetime


def find_period(instant: datetime, zone: ZoneInfo) -> BillingPeriod:
    """The month of an instant."""
    return BillingPeriod(instant.astimezone(zone).date().replace(day=1))


def split_hours(
    runs: Iterable[SlotRun], price_minor: int, zone: ZoneInfo
) -> Mapping[BillingPeriod, PeriodHours]:
    """The booked position-hours of a line by the month in which each slot starts.

    `price_minor` is the price of the line, for runs without one of their own.
    """
    found: dict[BillingPeriod, list[tuple[int, int, int]]] = defaultdict(list)
    for run in runs:
        for number in range(run.hours if run.positions else 0):
            start_s = run.starts_at + number * HOUR_S
            period = find_period(EPOCH + timedelta(seconds=start_s), zone)
            found[period].append((start_s + HOUR_S, run.positions, run.price_or(price_minor)))
    return {period: _sum_hours(found[period]) for period in sorted(found)}


def _sum_hours(slots: Sequence[tuple[int, int, int]]) -> PeriodHours:
    """The sum of slots, each with its end, its positions and the price of one."""
    return PeriodHours(
        hours=sum(positions for _, positions, _ in slots),
        cost_minor=sum(positions * price for _, positions, price in slots),
        prices=tuple(sorted({price for _, _, price in slots})),
        ends_at=EPOCH + timedelta(seconds=max(end_s for end_s, _, _ in slots)),
    )
