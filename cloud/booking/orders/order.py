"""An order that is placed here, and its lines: what they cost, and who may decide.

A line is one screen: chosen slots, each with the price that was quoted for one position. Prices are
minor units; a discount is in basis points and is rounded once for each slot.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from cloud.booking.order_line import HOUR_S, BookingStatus, OrderLine
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.database import EPOCH

BASIS_POINTS: Final = 10_000


class Approval(StrEnum):
    """Whether a person has to approve the discount of an order."""

    NOT_REQUIRED = "not-required"
    REQUIRED = "required"
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What all lines of an order have in common."""

    id: str
    account: str
    agency: str | None
    brand: str | None
    advertiser: str
    name: str
    purchase_order: str | None
    currency: str
    budget_minor: int | None
    commission_bp: int
    discount_bp: int = 0
    discount_by: str | None = None
    approval: Approval = Approval.NOT_REQUIRED
    approval_by: str | None = None
    approval_at: datetime | None = None
    created_by: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, order=True)
class LineSlot:
    """A slot and the quoted price of one position in it."""

    starts_at_s: int
    price_minor: int


@dataclass(frozen=True, kw_only=True)
class BookedLine:
    """A line as it is now."""

    line_id: str
    order_id: str
    booking_status: BookingStatus = BookingStatus.DRAFT
    delivery: DeliveryType
    location: str
    positions: int
    slots: tuple[LineSlot, ...]
    currency: str
    discount_bp: int
    quote_id: str
    quote_ends_at: datetime
    starts_at: datetime
    ends_at: datetime
    creatives: tuple[str, ...] = ()
    expires_at: datetime | None = None
    reason: str | None = None
    cancellation_minor: int = 0
    make_good_of: str | None = None
    changed_by: str = ""
    changed_at: datetime = field(default=EPOCH)

    @cached_property
    def prices(self) -> tuple[tuple[int, int], ...]:
        """Each slot with the price of one position after the discount."""
        rest_bp = BASIS_POINTS - self.discount_bp
        return tuple(
            (slot.starts_at_s, divide_half_up(slot.price_minor * rest_bp, BASIS_POINTS))
            for slot in self.slots
        )

    @property
    def cost_minor(self) -> int:
        """The price of all slots, without what is due for released ones."""
        return self.positions * sum(price for _, price in self.prices)

    @property
    def demand(self) -> tuple[SlotDemand, ...]:
        """The positions that it takes."""
        return tuple(SlotDemand(self.location, one.starts_at_s, self.positions)
                     for one in self.slots)  # fmt: skip

    def to_version(self, order: Order, zone: ZoneInfo) -> OrderLine:
        """The line as the lake and the reports read it."""
        prices = [price for _, price in self.prices]
        return OrderLine(
            order_id=order.id,
            line_id=self.line_id,
            account=order.account,
            advertiser=order.advertiser,
            campaign=order.name,
            booking_status=self.booking_status,
            location=self.location,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            hours=write_hours(self.slots, zone),
            positions=self.positions,
            price_minor=divide_half_up(sum(prices), len(prices)) if prices else 0,
            currency=self.currency,
            creatives=self.creatives,
            local_hours=frozenset(),
            zone=zone,
            slot_prices=self.prices,
        )


def divide_half_up(dividend: int, divisor: int) -> int:
    """A quotient of amounts, rounded half up."""
    return int((Decimal(dividend) / divisor).quantize(Decimal(1), ROUND_HALF_UP))


def flight_of(slots: Iterable[LineSlot]) -> tuple[datetime, datetime]:
    """From the start of the first slot to the end of the last one."""
    starts = [one.starts_at_s for one in slots]
    first, last = min(starts), max(starts) + HOUR_S
    return EPOCH + timedelta(seconds=first), EPOCH + timedelta(seconds=last)


def write_hours(slots: Iterable[LineSlot], zone: ZoneInfo) -> str:
    """The local hours of slots, such as `7-9;16-18`; empty for all hours of the day."""
    hours = sorted(
        {(EPOCH + timedelta(seconds=one.starts_at_s)).astimezone(zone).hour for one in slots}
    )
    if len(hours) == 24:
        return ""
    runs: list[list[int]] = []
    for hour in hours:
        if runs and hour == runs[-1][-1] + 1:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    return ";".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def compute_commission(gross_minor: int, commission_bp: int) -> int:
    """The agency's commission of an amount, rounded once."""
    return divide_half_up(gross_minor * commission_bp, BASIS_POINTS)
