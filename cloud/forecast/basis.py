"""The basis of a forecast: the source of each hour, the age of the data, the reason in words."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from cloud.forecast.series import WEEK_H

Sources = NDArray[np.uint8]
"""The source of each hour of a week, as numbers of `HourSource`: (168,)."""
Basis = Literal["measured", "similar_hours", "venue"]


class BasisError(ValueError):
    """A stored basis that cannot be read."""


class HourSource(IntEnum):
    """Where the forecast of one hour of the week comes from."""

    OBSERVED = 0
    SIMILAR_HOURS = 1
    VENUE = 2


NAMES: Final[dict[int, Basis]] = {
    HourSource.OBSERVED: "measured",
    HourSource.SIMILAR_HOURS: "similar_hours",
    HourSource.VENUE: "venue",
}


@dataclass(frozen=True, slots=True)
class WeekBasis:
    """The basis of a forecast of a site with observations of its own.

    `age_weeks`: whole weeks between the newest observation and the day of the forecast.
    """

    reason: str
    weeks: float
    age_weeks: int
    coming: Sources
    usual: Sources

    def to_text(self) -> str:
        """As it is stored."""
        sources = (_digits(self.coming), _digits(self.usual))
        return msgspec.json.encode((self.reason, self.weeks, self.age_weeks, *sources)).decode()

    @classmethod
    def from_text(cls, written: str) -> "WeekBasis":
        """From what was stored, or BasisError."""
        try:
            reason, weeks, age_weeks, coming, usual = msgspec.json.decode(
                written, type=tuple[str, float, int, str, str]
            )
            return cls(reason, weeks, age_weeks, _sources(coming), _sources(usual))
        except (msgspec.MsgspecError, ValueError) as error:
            raise BasisError(f"the stored basis of a forecast cannot be read: {error}") from error


def _digits(sources: Sources) -> str:
    return "".join(map(str, sources.tolist()))


def _sources(digits: str) -> Sources:
    if len(digits) != WEEK_H:
        raise ValueError(f"{len(digits)} hours, expected {WEEK_H}")
    return np.array([HourSource(int(digit)) for digit in digits], dtype=np.uint8)
