"""Linear regression within groups, with errors that are robust to correlation inside clusters.

Group means are removed first (Frisch, Waugh and Lovell), for several groupings by alternating
projections. The covariance is the cluster sandwich with the usual small-sample factor
G / (G - 1) * (N - 1) / (N - k); with two clusterings it is that of Cameron, Gelbach and Miller
(2011): the sum of both less that of their intersection. Group effects do not count in k, since
they are nested in the clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.forecast.retail.panel import Flags, Floats, Integers

TOLERANCE: Final = 1e-9
"""Largest change of a mean, relative to the spread of its column, at which projections end."""
MAX_ROUNDS: Final = 500
LEAST_VARIATION: Final = 1e-8
"""Share of the variance of a column that must remain within the groups."""


@dataclass(frozen=True, slots=True)
class PanelFit:
    """The coefficients of a regression; NaN for a regressor that does not vary within groups."""

    coefficients: Floats
    covariance: Floats
    residuals: Floats
    clusters: int

    @property
    def standard_errors(self) -> Floats:
        """The standard error of each coefficient."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0))


class TooFewRowsError(ValueError):
    """A regression without enough rows or clusters."""


def subtract_group_means(values: Floats, groupings: Sequence[Integers]) -> Floats:
    """Columns (rows, k) without the means of each grouping."""
    codes = [np.unique(groups, return_inverse=True)[1] for groups in groupings]
    counts = [np.bincount(one).astype(np.float64) for one in codes]
    scale = np.maximum(values.std(axis=0), 1e-300)
    found = values.astype(np.float64, copy=True)
    for _ in range(MAX_ROUNDS):
        moved = 0.0
        for groups, count in zip(codes, counts, strict=True):
            means = _mean_groups(found, groups, count)
            found -= means[groups]
            moved = max(moved, float((np.abs(means) / scale).max(initial=0.0)))
        if len(codes) < 2 or moved < TOLERANCE:
            break
    return found


def fit_within(
    outcome: Floats,
    regressors: Floats,
    groupings: Sequence[Integers],
    clusterings: Sequence[Integers],
) -> PanelFit:
    """Regress the outcome (rows,) on regressors (rows, k) within groups.

    Raises:
        TooFewRowsError: fewer than two clusters, or no more rows than coefficients.
    """
    rows, k = regressors.shape
    if rows <= k + 1 or any(len(np.unique(one)) < 2 for one in clusterings):
        raise TooFewRowsError(
            f"{rows} rows for {k} coefficients, in clusters of "
            f"{[len(np.unique(one)) for one in clusterings]}: give more weeks or stores"
        )
    both = subtract_group_means(np.column_stack([outcome, regressors]), groupings)
    left, within = both[:, 0], both[:, 1:]
    varies = _mark_varying(regressors, within)
    coefficients = np.full(k, np.nan)
    covariance = np.full((k, k), np.nan)
    clusters = min(len(np.unique(one)) for one in clusterings)
    if not varies.any():
        return PanelFit(coefficients, covariance, left, clusters)
    kept = within[:, varies]
    bread = np.asarray(np.linalg.pinv(kept.T @ kept), np.float64)
    coefficients[varies] = bread @ (kept.T @ left)
    residuals: Floats = left - kept @ coefficients[varies]
    covariance[np.ix_(varies, varies)] = _compute_sandwich(kept, residuals, bread, clusterings)
    return PanelFit(coefficients, covariance, residuals, clusters)


def _mean_groups(values: Floats, groups: Integers, count: Floats) -> Floats:
    sums = [np.bincount(groups, column, len(count)) for column in values.T]
    means: Floats = np.stack(sums, axis=1) / count[:, None]
    return means


def _mark_varying(regressors: Floats, within: Floats) -> Flags:
    total = (regressors**2).sum(axis=0)
    varies: Flags = (within**2).sum(axis=0) > LEAST_VARIATION * np.maximum(total, 1e-300)
    return varies


def _compute_sandwich(
    within: Floats, residuals: Floats, bread: Floats, clusterings: Sequence[Integers]
) -> Floats:
    scores = within * residuals[:, None]
    parts = [_compute_meat(scores, one) for one in clusterings]
    meat = sum(parts[1:], parts[0])
    if len(clusterings) == 2:
        pairs = np.unique(np.stack(clusterings), axis=1, return_inverse=True)[1].ravel()
        meat = meat - _compute_meat(scores, pairs)
    covariance: Floats = bread @ meat @ bread
    if np.any(np.diag(covariance) < 0):  # the two-way sum is not always positive
        larger: Floats = bread @ max(parts, key=np.trace) @ bread
        return larger
    return covariance


def _compute_meat(scores: Floats, clusters: Integers) -> Floats:
    codes = np.unique(clusters, return_inverse=True)[1]
    sums = np.stack([np.bincount(codes, column) for column in scores.T], axis=1)
    count, (rows, k) = len(sums), scores.shape
    meat: Floats = sums.T @ sums * (count / (count - 1) * (rows - 1) / (rows - k))
    return meat
