"""What every model does: the coming seven days of many series, from their past alone."""

from datetime import date
from typing import Protocol

from cloud.forecast.series import ClockSeries, Floats


class Model(Protocol):
    """A way to forecast. It sees nothing after `history.ends_on` but the calendar."""

    @property
    def name(self) -> str:
        """What it is called on a command line, in an answer and in the store."""

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """P10, P50 and P90 of the 168 hours from midnight of `history.ends_on`.

        Takes (series, hours) and gives (series, 3, 168), in order, never negative, never NaN.
        """
