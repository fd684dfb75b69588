"""Scores are those of their definitions, over what was predicted."""

import numpy as np
import pytest

from cloud.forecast.retail.demand_scores import ScoredWeeks, compute_demand_scores


def test_scores_of_two_parts_are_those_of_all_weeks():
    parts = [
        ScoredWeeks(np.array([10.0]), np.array([200.0]), np.log([20.0])),
        ScoredWeeks(np.array([30.0, 9.0]), np.array([100.0, 1.0]), np.array([np.log(15), np.nan])),
    ]
    found = compute_demand_scores(parts)
    assert found.wmape == pytest.approx(25 / 40)
    assert found.mape == pytest.approx((1 + 0.5) / 2)
    assert found.bias == pytest.approx(-5 / 40)
    assert found.rmse_log == pytest.approx(np.log(2))
    assert found.revenue_score == pytest.approx(1 - (2000 + 1500) / 5000)
    assert (found.weeks, found.predicted_share) == (2, pytest.approx(2 / 3))


def test_nothing_predicted_has_no_score():
    found = compute_demand_scores([ScoredWeeks(np.ones(2), np.ones(2), np.full(2, np.nan))])
    assert np.isnan(found.wmape)
    assert (found.weeks, found.predicted_share) == (0, 0)
