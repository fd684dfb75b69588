"""Slopes of each store, shrunk to those of the product by empirical Bayes.

A store has its own intercept and slopes; the slopes are normal around those of the product. Mean
and covariance of the slopes and the noise are estimated from the data (EM), so that a store with
few or uninformative weeks gets the slopes of the product and one with many keeps its own.
"""

from dataclasses import dataclass

import numpy as np

from cloud.forecast.retail.panel import Floats, Integers

LEAST_VARIANCE = 1e-6
FIRST_VARIANCE = 0.25
"""Of slopes between stores, before the first round; the result does not depend on it."""


@dataclass(frozen=True, slots=True)
class StoreSlopes:
    """Intercepts (groups,), slopes (groups, k) with their covariances (groups, k, k).

    A group without rows has the mean slopes and intercept NaN.
    """

    intercepts: Floats
    slopes: Floats
    covariances: Floats
    mean_slopes: Floats
    noise_sd: float


@dataclass(frozen=True, slots=True)
class _Moments:
    """Sums of squares and products within groups, and the means of groups."""

    squares: Floats
    products: Floats
    outcome_squares: float
    rows: int
    means: Floats
    outcome_means: Floats


def fit_store_slopes(
    outcome: Floats, regressors: Floats, groups: Integers, count: int, rounds: int
) -> StoreSlopes:
    """Slopes of `count` groups; `groups` has the index of the group of each row."""
    moments = _compute_moments(outcome, regressors, groups, count)
    k = regressors.shape[1]
    mean = _solve_mean(moments, k)
    between = np.eye(k) * FIRST_VARIANCE
    noise = _compute_noise(moments, np.broadcast_to(mean, (count, k)))
    slopes, covariances = _update_slopes(moments, mean, between, noise)
    for _ in range(rounds):
        mean = slopes.mean(axis=0)
        away = slopes - mean
        spread = (away[:, :, None] * away[:, None, :]).mean(axis=0)
        between = spread + covariances.mean(axis=0) + LEAST_VARIANCE * np.eye(k)
        noise = _compute_noise(moments, slopes)
        slopes, covariances = _update_slopes(moments, mean, between, noise)
    intercepts = moments.outcome_means - (moments.means * slopes).sum(axis=1)
    return StoreSlopes(intercepts, slopes, covariances, mean, float(np.sqrt(noise)))


def _compute_moments(outcome: Floats, regressors: Floats, groups: Integers, count: int) -> _Moments:
    columns = np.column_stack([outcome, regressors])
    sizes = np.bincount(groups, minlength=count).astype(np.float64)
    sums = np.stack([np.bincount(groups, one, count) for one in columns.T], axis=1)
    means = np.divide(
        sums, sizes[:, None], out=np.full_like(sums, np.nan), where=sizes[:, None] > 0
    )
    within = columns - means[groups]
    left, right = within[:, 0], within[:, 1:]
    k = right.shape[1]
    squares = np.zeros((count, k, k))
    products = np.zeros((count, k))
    for one in range(k):
        products[:, one] = np.bincount(groups, right[:, one] * left, count)
        for other in range(one, k):
            both = np.bincount(groups, right[:, one] * right[:, other], count)
            squares[:, one, other] = squares[:, other, one] = both
    return _Moments(squares, products, float(left @ left), len(outcome), means[:, 1:], means[:, 0])


def _solve_mean(moments: _Moments, k: int) -> Floats:
    squares = moments.squares.sum(axis=0)
    ridge = LEAST_VARIANCE * (np.trace(squares) / k + 1)
    solved: Floats = np.linalg.solve(squares + ridge * np.eye(k), moments.products.sum(axis=0))
    return solved


def _compute_noise(moments: _Moments, slopes: Floats) -> float:
    explained = 2 * (moments.products * slopes).sum()
    fitted = np.einsum("gi,gij,gj->", slopes, moments.squares, slopes)
    left = moments.outcome_squares - explained + fitted
    return float(max(left / max(moments.rows, 1), LEAST_VARIANCE))


def _update_slopes(
    moments: _Moments, mean: Floats, between: Floats, noise: float
) -> tuple[Floats, Floats]:
    precision = np.linalg.inv(between)
    covariances = np.linalg.inv(moments.squares / noise + precision)
    drawn = moments.products / noise + precision @ mean
    slopes: Floats = (covariances @ drawn[..., None])[..., 0]
    return slopes, covariances
