"""The usual range of a price or of units: robust by default, three sigma as an option.

The median absolute deviation (MAD) times 1.4826 estimates the standard deviation of normal values,
and a few outliers do not move it. Three standard deviations around the mean are the option for
those who are used to it: promotions widen that range, so it flags less.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median, pstdev
from typing import Final

MIN_VALUES: Final = 8
"""With fewer values there is no usual range."""
DEVIATIONS: Final = 3.0
NORMAL_MAD: Final = 1.4826


class RangeMethod(StrEnum):
    """How a usual range is computed."""

    MAD = "mad"
    SIGMA = "sigma"


@dataclass(frozen=True, slots=True)
class UsualValues:
    """The centre of earlier values, and how far a value may be from it."""

    centre: float
    reach: float

    def exceeds(self, value: float) -> bool:
        """Whether a value is outside of the usual range."""
        return abs(value - self.centre) > self.reach

    def is_low(self, value: float) -> bool:
        """Whether a value is below the usual range."""
        return value < self.centre - self.reach


def compute_usual(
    values: Sequence[float], method: RangeMethod = RangeMethod.MAD
) -> UsualValues | None:
    """The usual range of values; None with fewer than eight of them."""
    if len(values) < MIN_VALUES:
        return None
    if method is RangeMethod.SIGMA:
        return UsualValues(fmean(values), DEVIATIONS * pstdev(values))
    centre = median(values)
    spread = median(abs(one - centre) for one in values)
    return UsualValues(centre, DEVIATIONS * NORMAL_MAD * spread)
