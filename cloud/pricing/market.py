"""The market of a slot: its last published price, its occupancy, a price override.

These are inputs: this package reads no database, so the same inputs always give the same price.
Without any of them the price is that of the rate card.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cloud.pricing.emsr import FareClass, compute_bid_price_minor


class OccupancyError(ValueError):
    """An invalid number of positions."""


@dataclass(frozen=True, slots=True)
class PublishedPrice:
    """The last published price of a slot, `days` ago, with its local day and its versions."""

    price_minor: int
    published_on: date
    versions: str
    days: int = 1


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Booked positions of one slot, and the fare classes still expected, highest fare first."""

    positions: int
    booked: int
    classes: tuple[FareClass, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.booked <= self.positions:
            raise OccupancyError(
                f"{self.booked} positions are booked of {self.positions}: "
                f"expected 0 to {self.positions}"
            )
        compute_bid_price_minor(1, self.classes)  # rejects classes in the wrong order

    @property
    def free(self) -> int:
        """Positions that can still be sold."""
        return self.positions - self.booked

    @property
    def bid_minor(self) -> int:
        """The bid price by EMSR-b; 0 without further demand or free positions."""
        return math.ceil(compute_bid_price_minor(self.free, self.classes)) if self.free else 0

    @property
    def reason(self) -> str:
        """Where the bid price comes from."""
        asked = sum(one.demand_mean for one in self.classes)
        return (
            f"{self.booked} of {self.positions} positions are booked and {asked:.1f} more are "
            "expected to be asked for: the last free one is worth this much later (EMSR-b)"
        )


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """A price set by hand: number, minor units, author, reason, end.

    With an account it is a deal and holds for that account only.
    """

    number: int
    price_minor: int
    author: str
    reason: str
    until_at: datetime | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """The records of one slot besides its audience; None where there is none."""

    published: PublishedPrice | None = None
    occupancy: Occupancy | None = None
    override: PriceOverride | None = None


UNKNOWN_MARKET: Final = Market()
