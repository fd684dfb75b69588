"""A weighted mean of two models, quantile by quantile: the learner for its eyes, the plain for its
honest band.

Raw learnt quantiles are too narrow, and the conformal band of the other widens them without cost;
a tenth more on each side is what two networks of five and twelve sensors asked for on top.
"""

from dataclasses import dataclass, field
from datetime import date

from cloud.forecast.guard import guarded, widened
from cloud.forecast.model import Model
from cloud.forecast.models.boosted import Boosted
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import ClockSeries, Floats


@dataclass(frozen=True)
class Blend:
    """`share` of one model, the rest of the other; both sides of the band `widen` times as far."""

    one: Model = field(default_factory=Boosted)
    other: Model = field(default_factory=Recent)
    share: float = 0.8
    widen: float = 1.1
    name: str = "blend"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """The next week as `Model.week` says."""
        one = self.one.week(history, holidays)
        return self.mixed(one, self.other.week(history, holidays), history)

    def mixed(self, one: Floats, other: Floats, history: ClockSeries) -> Floats:
        """The blend of two weeks that are known."""
        between = self.share * one + (1 - self.share) * other
        return guarded(widened(between, self.widen), history)
