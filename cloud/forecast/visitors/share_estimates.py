"""Shares and dwell by hour of the week: attention rate, demographics, length of visits.

Three of nine visitors are no estimate of a third: every hour is shrunk towards the same hour of its
kind of day, and that towards all hours. Visitors of one hour are alike (a school class, a late
train), so an hour of a thousand counts less than a thousand single visitors; the intra-class
correlation of the beta-binomial measures by how much. The interval is that of the share which one
future hour will show, not of the long-run mean.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.models.naive import Z80
from cloud.forecast.series import Floats

HALF_LIFE_WEEKS: Final = 4.0
LEAN_VISITS: Final = 30.0
"""The level above counts as this many independent visitors."""
LEAN_HOURS: Final = 2.0
MOST_ALIKE: Final = 0.5


@dataclass(frozen=True, slots=True)
class VisitCounts:
    """Visitors of each hour (weeks, 168), oldest week first, and which of the days are weekend.

    Hours that were not observed are NaN.
    """

    number: Floats
    weekend: NDArray[np.bool_]

    @property
    def counted(self) -> Floats:
        """The visitors; 0 in hours without visitors and in unobserved ones."""
        return np.nan_to_num(self.number)

    @property
    def weight(self) -> Floats:
        """The weight of each week: (weeks, 1)."""
        age = np.arange(len(self.number))[::-1, None]
        weight: Floats = 0.5 ** (age / HALF_LIFE_WEEKS)
        return weight

    @property
    def typical(self) -> Floats:
        """Visitors to expect in each hour, at least one: (168,)."""
        hours = np.isfinite(self.number).sum(axis=0)
        typical: Floats = np.maximum(self.counted.sum(axis=0) / np.maximum(hours, 1), 1)
        return typical


def estimate_shares(counts: Floats, visits: VisitCounts) -> Floats:
    """P10, mean and P90 of the share of each class: (classes, 3, 168) from (classes, weeks, 168).

    The means of classes that make up all visitors add up to one.
    """
    number = visits.counted
    counts = np.where(number > 0, np.nan_to_num(counts), 0)
    rough, lever = _shrink(counts, number, visits.weight, visits.weekend, LEAN_VISITS)
    alike = _correlation(counts, number, rough, visits.weight * number * lever)
    weight = visits.weight / (1 + np.maximum(number - 1, 0) * alike)
    mean, lever = _shrink(counts, number, weight, visits.weekend, LEAN_VISITS)
    of_hour = (1 + (visits.typical - 1) * alike) / visits.typical
    return _beta_band(np.clip(mean, 1e-9, 1 - 1e-9), of_hour + lever)


def estimate_dwell(total_s: Floats, visits: VisitCounts) -> Floats:
    """P10, P50 and P90 of the mean stay of an hour's visitors in seconds: (3, 168).

    Means are assumed to be log-normal. Their variance has a part that all visitors of an hour share
    and a part that averages out over them.
    """
    number = visits.counted
    stayed = (number > 0) & (np.nan_to_num(total_s) > 0)
    log = np.log(np.where(stayed, total_s, 1) / np.where(stayed, number, 1))
    hours = stayed * number / (number + 10.0)
    mean, lever = _shrink((log * hours)[None], hours, visits.weight, visits.weekend, LEAN_HOURS)
    left = np.maximum(1 - visits.weight * hours * lever, 0.1)
    square = np.where(stayed, (log - mean[0]) ** 2 / left, 0)[stayed]
    shared, single = _two_parts(square, 1 / number[stayed])
    variance = shared + single / visits.typical
    spread = np.sqrt(variance * (1 + lever))
    return np.stack([np.exp(mean[0] + z * spread) for z in (-Z80, 0, Z80)])


def _shrink(
    counts: Floats, number: Floats, weight: Floats, weekend: NDArray[np.bool_], lean: float
) -> tuple[Floats, Floats]:
    """Means of each class by hour, shrunk towards the kind of day and all days: (classes, 168).

    The second value is the variance of such a mean for a unit variance of one: (168,).
    """
    own, mass = (counts * weight).sum(axis=-2), (number * weight).sum(axis=-2)
    kind, kind_mass = _of_kind(own, weekend), _of_kind(mass[None], weekend)[0]
    whole = own.sum(axis=-1, keepdims=True) / max(float(mass.sum()), 1e-12)
    middle = (kind + lean * whole) / (kind_mass + lean)
    return (own + lean * middle) / (mass + lean), 1 / (mass + lean)


def _of_kind(hours: Floats, weekend: NDArray[np.bool_]) -> Floats:
    days = hours.reshape(len(hours), 7, 24)
    summed = np.empty_like(days)
    for kind in (weekend, ~weekend):
        summed[:, kind] = days[:, kind].sum(axis=1, keepdims=True)
    return summed.reshape(hours.shape)


def _correlation(counts: Floats, number: Floats, mean: Floats, lever: Floats) -> float:
    """Intra-class correlation of the visitors of an hour, by moments (Ridout et al. 1999)."""
    spread = (mean * (1 - mean))[:, None]
    square = (counts - number * mean[:, None]) ** 2 / np.maximum(1 - lever, 0.1)
    excess = (square - number * spread).sum()
    pairs = (number * np.maximum(number - 1, 0) * spread).sum()
    return float(np.clip(excess / pairs, 0, MOST_ALIKE)) if pairs > 0 else 0.0


def _beta_band(mean: Floats, variance_share: Floats) -> Floats:
    """Beta quantiles with that mean and variance mean x (1 - mean) x share."""
    from scipy.special import betaincinv

    size = np.maximum(1 / np.minimum(variance_share, 0.95) - 1, 0.05)
    low, high = (betaincinv(mean * size, (1 - mean) * size, q) for q in (0.1, 0.9))
    return np.stack([np.minimum(low, mean), mean, np.maximum(high, mean)], axis=1)


def _two_parts(square: Floats, each: Floats) -> tuple[float, float]:
    """The variance as a + b x `each`, by least squares, neither negative."""
    if len(square) < 2 or np.ptp(each) == 0:
        return float(square.mean()) if len(square) else 0.0, 0.0
    slope, level = np.polyfit(each, square, 1)
    if slope <= 0:
        return float(square.mean()), 0.0
    if level <= 0:
        return 0.0, float((square * each).sum() / (each**2).sum())
    return float(level), float(slope)
