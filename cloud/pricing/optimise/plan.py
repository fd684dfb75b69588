"""The result of the optimiser: a plan with its bound, or the relaxations that make one possible."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cloud.forecast.intervals.interval import Interval
from cloud.pricing.optimise.brief import Minimum
from cloud.pricing.optimise.limits import Limit

TOGETHER: Final = 0.3
"""Correlation of the forecast errors of two sites: weather, strikes and calendar are shared."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """Positions of one slot. `contacts` is what all the positions bring, as P10, P50 and P90."""

    key: str
    location: str
    positions: int
    cost_minor: int
    contacts: Interval


@dataclass(frozen=True, slots=True)
class ShadowPrice:
    """What one more unit of a limit would add to the objective, at the margin."""

    limit: Limit
    about: str
    worth: float
    sentence: str


@dataclass(frozen=True, slots=True)
class BindingLimit:
    """A limit that keeps a plan from buying more positions of so many slots."""

    limit: str
    slots: int
    sentence: str


@dataclass(frozen=True, slots=True)
class MinimumResult:
    """A minimum, and how much of it the plan achieves."""

    minimum: Minimum
    achieved: float


@dataclass(frozen=True, slots=True)
class MediaPlan:
    """Whole positions that keep every limit.

    No plan can be worth more than `bound`; `gap` is how far `value` stays below it, as a share.
    `limited_by` are the limits that keep it from spending the rest of the budget.
    `impressions` and `reach` are those of the target. `finished` is False when the search was
    stopped and this is the best plan until then.
    """

    lines: tuple[PlanLine, ...]
    cost_minor: int
    impressions: Interval
    reach: Interval
    value: float
    unit: str
    bound: float
    gap: float
    minimums: tuple[MinimumResult, ...]
    shadow_prices: tuple[ShadowPrice, ...]
    unspent_minor: int
    limited_by: tuple[BindingLimit, ...]
    finished: bool = True

    @property
    def frequency(self) -> float:
        """Contacts for each person reached."""
        return self.impressions.p50 / self.reach.p50 if self.reach.p50 else 0.0


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A limit as requested, and its relaxed value."""

    limit: Limit
    to: float


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Changes that together make the brief possible; `proven` by a plan of whole positions."""

    changes: tuple[LimitChange, ...]
    proven: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Infeasible:
    """No plan keeps every limit. Each relaxation alone is enough, the smallest change first."""

    sentence: str
    relaxations: tuple[Relaxation, ...]


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """The progress of the search, 0 to 1, and the best plan so far."""

    stage: str
    done: float
    plan: MediaPlan | None = None


Outcome = MediaPlan | Infeasible
ProgressListener = Callable[[SearchProgress], None]
