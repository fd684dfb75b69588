"""The slots for sale, as columns: one row for each slot of each screen, in a fixed order.

`contacts` are the attentive impressions expected from ONE position of a slot, in the target group.
`people` is the number of different people of a group at a screen during the campaign: an assumption
about how often people return, never a measurement. Prices are integers in minor units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.pricing.optimise.brief import MOST_SLOTS, BriefError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupAudience:
    """A group of people: contacts by slot, different people by location."""

    contacts: Floats
    people: Floats

    def reach(self, contacts_by_location: Floats) -> Floats:
        """Different people reached at each location by so many contacts, falling evenly."""
        share = np.divide(
            contacts_by_location,
            self.people,
            out=np.zeros_like(contacts_by_location),
            where=self.people > 0,
        )
        reached: Floats = -self.people * np.expm1(-share)
        return reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Slots for sale. Columns have one row per slot, `names` one per location.

    `location` and `day` are indices; `key` is the caller's own name of a slot.
    `low` and `high` are the P10 and P90 of the target's contacts.
    """

    key: NDArray[np.str_]
    names: tuple[str, ...]
    location: Integers
    day: Integers
    price_minor: Integers
    free: Integers
    target: GroupAudience
    low: Floats
    high: Floats
    groups: Mapping[str, GroupAudience]

    def __post_init__(self) -> None:
        if not 1 <= len(self) <= MOST_SLOTS:
            raise BriefError(
                f"{len(self)} slots match the brief: expected 1 to {MOST_SLOTS}; change its dates, "
                "dayparts, locations or target group"
            )
        for name, column in self._columns().items():
            if column.shape != self.key.shape or not np.isfinite(column).all() or column.min() < 0:
                raise BriefError(
                    f"the column {name} of the offer has {column.shape} rows for {len(self)} "
                    "slots or a value that is no number from 0 on"
                )
        if self.price_minor.min() < 1:
            raise BriefError("a slot of the offer is free of charge: expected a price from 1 on")

    def __len__(self) -> int:
        return int(self.key.size)

    def by_location(self, values: Floats) -> Floats:
        """Sums of a column over the slots of each location."""
        sums = np.bincount(self.location, weights=values, minlength=len(self.names))
        return sums.astype(np.float64)

    def select(self, rows: NDArray[np.bool_]) -> "Offer":
        """The slots in which `rows` is true."""
        return Offer(
            key=self.key[rows],
            names=self.names,
            location=self.location[rows],
            day=self.day[rows],
            price_minor=self.price_minor[rows],
            free=self.free[rows],
            target=GroupAudience(self.target.contacts[rows], self.target.people),
            low=self.low[rows],
            high=self.high[rows],
            groups={
                name: GroupAudience(group.contacts[rows], group.people)
                for name, group in self.groups.items()
            },
        )

    def _columns(self) -> dict[str, NDArray[Any]]:
        return {
            "location": self.location,
            "day": self.day,
            "price_minor": self.price_minor,
            "free": self.free,
            "contacts": self.target.contacts,
            "low": self.low,
            "high": self.high,
            **{name: group.contacts for name, group in self.groups.items()},
        }
