"""A weighted mean of two models, quantile by quantile: accuracy of one, calibration of the other.

Quantiles of the trained model are too narrow, and the conformal interval of the other widens them;
a tenth more on each side is what two networks of five and twelve sensors required. Between
Christmas and New Year half of that is enough, since both are wide there already.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from cloud.forecast.intervals import holiday_widening
from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds, widen
from cloud.forecast.models.boosted import Boosted
from cloud.forecast.models.model import Model
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import ClockSeries, Floats


@dataclass(frozen=True)
class Blend:
    """`share` of one model, the rest of the other; both sides of the band `widen` times as far."""

    one: Model = field(default_factory=Boosted)
    other: Model = field(default_factory=Recent)
    share: float = 0.8
    widen: float = 1.1
    widen_at_year_end: float = 1.05
    name: str = "blend"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """See `Model.week`."""
        one = self.one.week(history, holidays)
        return self.mixed(one, self.other.week(history, holidays), history, holidays)

    def mixed(
        self, one: Floats, other: Floats, history: ClockSeries, holidays: frozenset[date]
    ) -> Floats:
        """The blend of the weeks of two models."""
        between = self.share * one + (1 - self.share) * other
        festive = holiday_widening.mark_year_end_hours(history.ends_on, holidays)
        times = np.where(festive, self.widen_at_year_end, self.widen)
        return apply_sanity_bounds(widen(between, times), history)
