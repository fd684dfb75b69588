"""Scores of predicted weekly units against those sold.

WMAPE is the sum of absolute errors per unit sold, MAPE the mean of relative errors of weeks, bias
the sum of errors per unit sold, RMSE that of log units; the revenue score is the share of revenue
that is predicted: one less the absolute error of revenue per revenue. Weeks that are censored or
without sales are not scored, nor those that a model does not predict (`predicted_share`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cloud.forecast.retail.panel import Floats


@dataclass(frozen=True, slots=True)
class DemandScores:
    """Figures over the scored weeks; NaN over none."""

    wmape: float
    mape: float
    bias: float
    rmse_log: float
    revenue_score: float
    weeks: int
    predicted_share: float


@dataclass(frozen=True, slots=True)
class ScoredWeeks:
    """The units and price of weeks, and what a model predicts: NaN where it does not."""

    units: Floats
    price_minor: Floats
    log_units: Floats


def compute_demand_scores(parts: Sequence[ScoredWeeks]) -> DemandScores:
    """The scores of all weeks of some parts together."""
    units, price, predicted_log = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ScoredWeeks.__slots__
    )
    known = np.isfinite(predicted_log)
    if not known.any():
        none = float("nan")
        return DemandScores(none, none, none, none, none, 0, 0.0)
    sold, paid = units[known], price[known]
    error = np.exp(predicted_log[known]) - sold
    return DemandScores(
        wmape=float(np.abs(error).sum() / sold.sum()),
        mape=float((np.abs(error) / sold).mean()),
        bias=float(error.sum() / sold.sum()),
        rmse_log=float(np.sqrt(np.mean((predicted_log[known] - np.log(sold)) ** 2))),
        revenue_score=float(1 - (np.abs(error) * paid).sum() / (sold * paid).sum()),
        weeks=int(known.sum()),
        predicted_share=float(known.mean()),
    )
