"""Drift is found in the error of the last weeks, in prices and in units."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.forecast.retail.drift import DriftReport, compute_psi, measure_drift
from cloud.forecast.retail.models.shrunk import Shrunk
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

PANEL = simulate_weeks(products=4, stores=5, weeks=60).panel
RECENT = PANEL.week > PANEL.week.max() - 4


def test_the_index_is_zero_for_the_same_values_and_large_for_others():
    values = np.random.default_rng(1).normal(size=5_000)
    assert compute_psi(values, values) == pytest.approx(0)
    assert compute_psi(values, values + 2) > 1
    assert np.isnan(compute_psi(values, np.array([np.nan])))


def test_weeks_like_those_before_have_an_error_like_the_backtest():
    plain = measure_drift(Shrunk(), PANEL, backtest_wmape=0.12)
    assert plain.error_ratio < 2
    assert set(plain.to_dict()) == {"error_ratio", "price_psi", "units_psi", "is_drifted"}


def test_demand_and_prices_that_moved_are_found():
    halved = replace(PANEL, units=np.where(RECENT, PANEL.units // 3, PANEL.units))
    assert measure_drift(Shrunk(), halved, 0.12).units_psi > 0.25
    dearer = replace(PANEL, price_minor=np.where(RECENT, PANEL.price_minor * 2, PANEL.price_minor))
    found = measure_drift(Shrunk(), dearer, 0.12)
    assert found.price_psi > 0.25
    assert found.is_drifted


def test_unknown_measures_are_null_and_no_drift():
    report = DriftReport(float("nan"), 0.1, float("nan"))
    assert report.to_dict() == {
        "error_ratio": None, "price_psi": 0.1, "units_psi": None, "is_drifted": False,
    }  # fmt: skip
