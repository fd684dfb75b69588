"""A weighted mean of two models, quantile by quantile: the learner for its eyes, the plain for its
honest band.

Raw learnt quantiles are too narrow, and the conformal band of the other widens them without cost;
a tenth more on each side is what two networks of five and twelve sensors asked for on top.
"""

from dataclasses import dataclass, field
from datetime import date

from cloud.forecast.guard import guarded
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
        mixed: Floats = self.share * self.one.week(history, holidays)
        mixed += (1 - self.share) * self.other.week(history, holidays)
        middle = mixed[:, 1:2]
        return guarded(middle + self.widen * (mixed - middle), history)
