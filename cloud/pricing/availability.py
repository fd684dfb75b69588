"""Whether an hour can still be bought: available, sold out, past or unknown.

A slot without a record of occupancy is offered as unknown; its figures are null, not zero.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cloud.pricing.market import Market
from cloud.pricing.slot import Slot

Status = Literal["available", "sold_out", "past", "unknown"]
FOR_SALE: Final = frozenset({"available", "unknown"})


@dataclass(frozen=True, slots=True)
class Availability:
    """The loop positions of one slot. `booked` and `free` are None without a recorded occupancy."""

    status: Status
    positions: int
    booked: int | None
    free: int | None

    @property
    def is_for_sale(self) -> bool:
        """Whether a position can be bought."""
        return self.status in FOR_SALE

    @property
    def sentence(self) -> str:
        """In words."""
        booked = f"{self.booked} of {self.positions} positions are booked"
        match self.status:
            case "past":
                return "the hour has begun or is over: it is not for sale"
            case "sold_out":
                return f"sold out: {booked}"
            case "available":
                return booked
            case _:
                return f"{self.positions} positions, no occupancy recorded"


def has_begun(slot: Slot, now: datetime) -> bool:
    """Whether it is too late to buy the slot."""
    return slot.starts_at < now


def compute_availability(slot: Slot, positions: int, market: Market, now: datetime) -> Availability:
    """The availability of a slot with so many loop positions at `now`."""
    noted = market.occupancy
    booked, free = (None, None) if noted is None else (noted.booked, noted.free)
    if has_begun(slot, now):
        return Availability("past", positions, booked, free)
    if free is None:
        return Availability("unknown", positions, None, None)
    return Availability("available" if free else "sold_out", positions, booked, free)
