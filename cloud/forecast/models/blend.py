"""A weighted mean of two models, quantile by quantile: the learner for its eyes, the plain for its
honest band.

Raw learnt quantiles are too narrow; the conformal band of the other widens them without cost.
"""

from dataclasses import dataclass, field
from datetime import date

from cloud.forecast.model import Model
from cloud.forecast.models.boosted import Boosted
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import ClockSeries, Floats


@dataclass(frozen=True)
class Blend:
    """`share` of one model, the rest of the other."""

    one: Model = field(default_factory=Boosted)
    other: Model = field(default_factory=Recent)
    share: float = 0.7
    name: str = "blend"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """The next week as `Model.week` says."""
        mixed: Floats = self.share * self.one.week(history, holidays)
        mixed += (1 - self.share) * self.other.week(history, holidays)
        return mixed
