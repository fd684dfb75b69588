"""Price ladders: the prices that a shop writes on its labels, such as those that end in .x9.

A ladder has tiers. In each, an allowed price is a whole number of steps plus the ending: steps of
10 pence with the ending 9 are 0.09, 0.19, ... A currency without a ladder allows every whole minor
unit. All prices here are whole minor units in columns of float64, which holds them exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from cloud.money import minor

Floats = NDArray[np.float64]
UNBOUNDED: Final = float("inf")
MAX_TIERS: Final = 20


class LadderTier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Allowed prices below a bound, in amounts of the currency; no bound in the last tier."""

    below: Decimal | None = None
    step: Decimal
    ending: Decimal = Decimal(0)


CurrencyLadder = Annotated[tuple[LadderTier, ...], Meta(min_length=1, max_length=MAX_TIERS)]


@dataclass(frozen=True, slots=True)
class _MinorTier:
    """A tier in minor units: prices from `start` to before `end`."""

    start: float
    end: float
    step: int
    ending: int

    def step_down(self, price: Floats) -> Floats:
        """The highest allowed price at or below a price; minus infinity where there is none."""
        capped = np.minimum(price, self.end - 1)
        found = np.floor((capped - self.ending) / self.step) * self.step + self.ending
        return np.where(found >= self.start, found, -np.inf)

    def step_up(self, price: Floats) -> Floats:
        """The lowest allowed price at or above a price; infinity where there is none."""
        raised = np.maximum(price, self.start)
        found = np.ceil((raised - self.ending) / self.step) * self.step + self.ending
        return np.where(found < self.end, found, np.inf)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The allowed prices of one currency; prices start at one minor unit."""

    tiers: tuple[_MinorTier, ...]

    def step_down(self, price: Floats) -> Floats:
        """The highest allowed price at or below each price; minus infinity where there is none."""
        found: Floats = np.max([tier.step_down(price) for tier in self.tiers], axis=0)
        return found

    def step_up(self, price: Floats) -> Floats:
        """The lowest allowed price at or above each price; infinity where there is none."""
        found: Floats = np.min([tier.step_up(price) for tier in self.tiers], axis=0)
        return found


EVERY_MINOR_UNIT: Final = Ladder((_MinorTier(1.0, UNBOUNDED, 1, 0),))


def build_ladder(tiers: Sequence[LadderTier], currency: str) -> Ladder:
    """The ladder in minor units of a currency.

    Raises:
        ValueError: a tier that no price fits; its message says what to write.
        MoneyError: an amount with more decimals than the currency has.
    """
    start, built = 1, []
    for number, tier in enumerate(tiers, 1):
        where = f"ladder {currency}, tier {number}"
        is_last = number == len(tiers)
        if (tier.below is None) != is_last:
            raise ValueError(f"{where}: give `below` in every tier but the last")
        step, ending = minor(tier.step, currency), minor(tier.ending, currency)
        if not 0 <= ending < step:
            raise ValueError(
                f"{where} has the step {tier.step} and the ending {tier.ending}: write a step "
                "above 0, and an ending from 0 to below the step"
            )
        end = UNBOUNDED if tier.below is None else minor(tier.below, currency)
        if end <= start:
            raise ValueError(f"{where} ends below {tier.below}, at or before its start")
        built.append(_MinorTier(float(start), float(end), step, ending))
        start = int(end) if end < UNBOUNDED else start
    return Ladder(tuple(built))
