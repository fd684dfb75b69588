"""A line of an order: loop positions of one location, for the hours of a flight.

Names and states are those of OpenDirect 2.1. A flight is half-open: `ends_at` is not part of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from cloud.database import EPOCH
from cloud.database.orders import SlotRun

HOUR: Final = timedelta(hours=1)
HOUR_S: Final = 3_600
SECOND: Final = timedelta(seconds=1)
LONGEST_FLIGHT: Final = timedelta(days=400)


class BookingStatus(StrEnum):
    """The state of a line, OpenDirect's `bookingstatus`."""

    DRAFT = "Draft"
    PENDING_RESERVATION = "PendingReservation"
    RESERVED = "Reserved"
    PENDING_BOOKING = "PendingBooking"
    BOOKED = "Booked"
    IN_FLIGHT = "InFlight"
    FINISHED = "Finished"
    STOPPED = "Stopped"  # cancelled in flight: `ends_at` is when it stopped
    CANCELED = "Canceled"
    PAUSED = "Paused"
    EXPIRED = "Expired"
    DECLINED = "Declined"
    CHANGE_PENDING = "ChangePending"


SOLD: Final = frozenset(
    {
        BookingStatus.BOOKED,
        BookingStatus.IN_FLIGHT,
        BookingStatus.FINISHED,
        BookingStatus.STOPPED,
        BookingStatus.PAUSED,
        BookingStatus.CHANGE_PENDING,
    }
)
"""States of a line that was ordered, whose hours are to be delivered and paid for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line as the sales system has it. The price is that of one position for one hour.

    Slots are computed when they are needed: a file can have many lines of thousands each. A line
    from a quote has `slot_prices`: its slots, each with its price; `price_minor` is their mean.
    """

    order_id: str
    line_id: str
    account: str
    advertiser: str
    campaign: str
    booking_status: BookingStatus
    location: str
    starts_at: datetime
    ends_at: datetime
    hours: str
    positions: int
    price_minor: int
    currency: str
    creatives: tuple[str, ...]
    local_hours: frozenset[int]
    zone: ZoneInfo
    slot_prices: tuple[tuple[int, int], ...] | None = None

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots of the flight, in seconds since 1970: those that start in a local hour."""
        return tuple(self.iterate_slots())

    def iterate_slots(self) -> Iterator[int]:
        """The same, computed one by one."""
        if self.slot_prices is not None:
            yield from (slot for slot, _ in self.slot_prices)
            return
        first_s = (self.starts_at - EPOCH) // SECOND
        for number in range((self.ends_at - self.starts_at) // HOUR):
            if (self.starts_at + number * HOUR).astimezone(self.zone).hour in self.local_hours:
                yield first_s + number * HOUR_S

    def describe_order(self) -> dict[str, Any]:
        """What all lines of an order have in common."""
        return {name: getattr(self, name) for name in ORDER_FIELDS}


ORDER_FIELDS: Final = ("account", "advertiser", "campaign", "currency")
LINE_FIELDS: Final = tuple(
    field.name
    for field in fields(OrderLine)
    if field.name not in ("local_hours", "zone", "slot_prices")
)
"""The values that are stored as they are; `hours` has the local hours."""


def group_slots(
    slots: Iterable[int],
    released: Iterable[int],
    positions: int,
    prices: Mapping[int, int] | None = None,
) -> Iterator[SlotRun]:
    """Runs of consecutive slots of one price: those that are booked, then those released."""
    price_of = prices or {}
    for some, booked in ((slots, positions), (released, 0)):
        run: list[int] = []
        for slot in sorted(some):
            is_next = bool(run) and slot == run[-1] + HOUR_S
            if run and not (is_next and (price_of.get(slot) == price_of.get(run[0]) or not booked)):
                yield _to_run(run, booked, price_of)
                run = []
            run.append(slot)
        if run:
            yield _to_run(run, booked, price_of)


def _to_run(slots: Sequence[int], positions: int, prices: Mapping[int, int]) -> SlotRun:
    price = prices.get(slots[0]) if positions else None
    return SlotRun(slots[0], len(slots), positions, price)
