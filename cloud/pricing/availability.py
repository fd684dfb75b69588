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
    """The shares of one slot's loop. `taken` and `free` are None where nothing is noted."""

    status: Status
    shares: int
    taken: int | None
    free: int | None

    @property
    def is_for_sale(self) -> bool:
        """Whether a share can be bought."""
        return self.status in FOR_SALE

    @property
    def sentence(self) -> str:
        """In words."""
        taken = f"{self.taken} of {self.shares} shares are taken"
        match self.status:
            case "past":
                return "the hour has begun or is over: it is not for sale"
            case "sold_out":
                return f"sold out: {taken}"
            case "available":
                return taken
            case _:
                return f"{self.shares} shares, none noted as taken"


def has_begun(slot: Slot, now: datetime) -> bool:
    """Whether it is too late to buy the slot."""
    return slot.starts_at < now


def compute_availability(slot: Slot, shares: int, market: Market, now: datetime) -> Availability:
    """What can be bought of a slot with `shares` shares as of `now`."""
    noted = market.occupancy
    taken, free = (None, None) if noted is None else (noted.taken, noted.free)
    if has_begun(slot, now):
        return Availability("past", shares, taken, free)
    if free is None:
        return Availability("unknown", shares, None, None)
    return Availability("available" if free else "sold_out", shares, taken, free)
