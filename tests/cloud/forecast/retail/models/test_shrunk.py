"""Store slopes come close to the truth of simulated shops; the level follows the last weeks."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.forecast.retail.models.shrunk import Shrunk, ShrunkSettings
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks


@pytest.fixture(scope="module")
def shops():
    return simulate_weeks(products=3, stores=6, weeks=80)


def test_slopes_are_close_to_the_true_elasticities(shops):
    fits = Shrunk().fit(shops.panel).products
    found = np.stack([fits[product].slopes.slopes[:, 0] for product in range(3)])
    assert np.abs(found - shops.elasticities).mean() < 0.25


def test_effects_that_are_switched_off_are_zero(shops):
    fitted = Shrunk(ShrunkSettings(cross_sd=0, season_sd=0)).fit(shops.panel)
    assert all(not one.common.any() for one in fitted.products.values())
    assert all(one.common.any() for one in Shrunk().fit(shops.panel).products.values())


def test_the_level_follows_the_last_weeks_in_part(shops):
    panel = shops.panel
    recent = panel.week > panel.week.max() - 13
    doubled = replace(panel, units=np.where(recent, panel.units * 2, panel.units))
    coming = panel.between(int(panel.week.max()), 1 << 31)
    before, after = (Shrunk().fit(one).predict_log_units(coming) for one in (panel, doubled))
    assert 0.2 < np.median(after - before) < np.log(2)


def test_censored_weeks_change_nothing(shops):
    panel = shops.panel
    coming = panel.between(int(panel.week.max()), 1 << 31)
    wrong = replace(panel, units=np.where(panel.is_censored, 1.0, panel.units))
    before, after = (Shrunk().fit(one).predict_log_units(coming) for one in (panel, wrong))
    assert np.array_equal(before, after)
