"""A ratio of two sums with its 95 % interval, where days are the sample.

People in one hour are not independent of each other, so days are the clusters: the variance is that
of a ratio of cluster totals (Cochran, Sampling Techniques, 1977, section 6.4), with Student's t for
the small number of days. A share of visits gets no narrower interval than independent visits would
have after two successes and two failures more (Agresti and Coull, 1998): a few days that agree by
chance do not look certain.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from scipy.special import stdtrit

from cloud.analytics.analytics_query import AttentionMeasure
from cloud.analytics.site_hours import CellSums

MIN_DAYS: Final = 3
"""With fewer days no interval is stated: Student's t would be more than twelve standard errors."""
TWO_SIDED: Final = 0.975
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class RatioEstimate:
    """A ratio, its standard error and interval; the error is None where it cannot be stated."""

    value: float
    days: int
    error: float | None = None
    low: float | None = None
    high: float | None = None


def estimate_ratio(days: Iterable[CellSums], measure: AttentionMeasure) -> RatioEstimate | None:
    """The ratio of the sums of days; None where nothing was observed that it could be of."""
    pairs = [_pair(day, measure) for day in days if day.observed_ms]
    return estimate_pairs(
        pairs, is_share_of_visits=measure is AttentionMeasure.VIEWERS, limit=limit(measure)
    )


def estimate_pairs(
    pairs: list[tuple[float, float]], *, is_share_of_visits: bool, limit: float
) -> RatioEstimate | None:
    """The ratio of numerators and denominators of days, at most `limit`."""
    above, below = (sum(part) for part in zip(*pairs, strict=True)) if pairs else (0.0, 0.0)
    if not below:
        return None
    ratio, count = above / below, len(pairs)
    if count < MIN_DAYS:
        return RatioEstimate(ratio, count)
    squares = sum((top - ratio * bottom) ** 2 for top, bottom in pairs)
    variance = count / (count - 1) * squares / below**2
    if is_share_of_visits:
        variance = max(variance, _independent_variance(above, below))
    error = math.sqrt(variance)
    if not error:
        return RatioEstimate(ratio, count)
    margin = float(stdtrit(count - 1, TWO_SIDED)) * error
    return RatioEstimate(
        ratio, count, error, max(0.0, ratio - margin), min(limit, ratio + margin)
    )  # fmt: skip


def limit(measure: AttentionMeasure) -> float:
    """The greatest value that a measure can have."""
    return math.inf if measure is AttentionMeasure.ATTENTION_PER_HOUR else 1.0


def _pair(day: CellSums, measure: AttentionMeasure) -> tuple[float, float]:
    match measure:
        case AttentionMeasure.VIEWERS:
            return day.onlookers, day.visits
        case AttentionMeasure.ATTENTION:
            return day.looking_ms, day.person_ms
        case AttentionMeasure.ATTENTION_PER_HOUR:
            return day.looking_ms / 1_000, day.observed_ms / HOUR_MS


def _independent_variance(successes: float, trials: float) -> float:
    share = (successes + 2) / (trials + 4)
    return share * (1 - share) / (trials + 4)
