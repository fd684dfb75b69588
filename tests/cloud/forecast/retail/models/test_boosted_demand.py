"""Trees see prices against their usual level, promotions, season and nothing of the units."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.forecast.retail.cross_prices import PriceReferences
from cloud.forecast.retail.models.boosted_demand import OWN_PRICE, BoostedDemand, build_features
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

PANEL = simulate_weeks(products=2, stores=3, weeks=30).panel


def test_features_do_not_depend_on_units():
    references = PriceReferences.of(PANEL)
    found = build_features(PANEL, references)
    assert found.shape == (len(PANEL), 9)
    assert np.isfinite(found).all()
    assert found[:, OWN_PRICE].mean() == pytest.approx(0, abs=1e-9)
    hidden = replace(PANEL, units=np.full(len(PANEL), np.nan))
    assert np.array_equal(build_features(hidden, references), found)


def test_the_same_weeks_give_the_same_model():
    pytest.importorskip("lightgbm")
    first, second = (BoostedDemand(trees=5).fit(PANEL).predict_log_units(PANEL) for _ in range(2))
    assert np.array_equal(first, second)
