"""Prophet finds a yearly curve, and none in less than 60 weeks."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.forecast.retail.models.seasonal import Seasonal, YearlyBaseline, fit_yearly_baseline
from cloud.forecast.retail.panel import find_monday
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries below Prophet


def test_a_yearly_curve_is_found():
    pytest.importorskip("prophet")
    weeks = np.arange(2800, 2900)
    days = np.array([find_monday(int(week)).timetuple().tm_yday for week in weeks])
    found = fit_yearly_baseline(weeks, 0.3 * np.sin(2 * np.pi * days / 365.25))
    assert found.read(np.array([2800, 2852])) == pytest.approx(
        0.3 * np.sin(2 * np.pi * days[[0, 52]] / 365.25), abs=0.1
    )


def test_a_short_history_has_no_curve():
    panel = simulate_weeks(products=1, stores=2, weeks=40).panel
    fitted = Seasonal().fit(panel)
    assert fitted.baselines == {}
    found = fitted.predict_log_units(panel)
    with_curve = replace(
        fitted, baselines={panel.categories[0]: YearlyBaseline(np.full(366, 0.25))}
    )
    assert with_curve.predict_log_units(panel) == pytest.approx(found + 0.25)
