"""The interface of a forecast model: the coming seven days of many series, from their past."""

from datetime import date
from typing import Protocol

from cloud.forecast.series import ClockSeries, Floats


class Model(Protocol):
    """A forecast model. It sees nothing after `history.ends_on` but the calendar."""

    @property
    def name(self) -> str:
        """Its name on the command line, in answers and in the store."""

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """P10, P50 and P90 of the 168 hours from midnight of `history.ends_on`.

        Takes (series, hours) and returns (series, 3, 168), in order and never negative. All three
        are NaN for an hour of the week without observations: missing is never zero.
        """
