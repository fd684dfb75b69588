"""What every model does: the coming seven days of many series, from their past alone."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, Protocol

from cloud.forecast.series import ClockSeries, Floats

VERSION: Final = 3
LATER: Final[Mapping[str, int]] = MappingProxyType({"boosted": 4, "blend": 4})
"""Goes up when a model of the same name would say something else of the same history."""


def model_version(name: str) -> str:
    """A model as answers and the store name it."""
    return f"{name}-{LATER.get(name, VERSION)}"


class Model(Protocol):
    """A way to forecast. It sees nothing after `history.ends_on` but the calendar."""

    @property
    def name(self) -> str:
        """What it is called on a command line, in an answer and in the store."""

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """P10, P50 and P90 of the 168 hours from midnight of `history.ends_on`.

        Takes (series, hours) and gives (series, 3, 168), in order and never negative. All three
        are NaN for an hour of which the history says nothing: missing is never zero.
        """
