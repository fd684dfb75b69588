"""Every demand model of the registry predicts from prices alone and says what it does not know."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.forecast.retail.models.registry import (
    DEFAULT_DEMAND,
    DEMAND_MODELS,
    describe_version,
)
from cloud.forecast.retail.models.shrunk import ShrunkSettings
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

LIBRARIES = {"boosted": "lightgbm", "seasonal": "prophet"}
pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries below Prophet


@pytest.fixture(scope="module")
def panel():
    return simulate_weeks(products=2, stores=3, weeks=70).panel


@pytest.fixture(scope="module", params=sorted(DEMAND_MODELS))
def fitted(request, panel):
    if request.param in LIBRARIES:
        pytest.importorskip(LIBRARIES[request.param])
    known = panel.select(~((panel.product == 1) & (panel.store == 2)))
    return DEMAND_MODELS[request.param].build(ShrunkSettings()).fit(known)


def test_units_are_not_read_and_an_unknown_series_is_not_predicted(fitted, panel):
    ahead = panel.between(int(panel.week.max()) - 5, 1 << 31)
    found = fitted.predict_log_units(ahead)
    hidden = replace(ahead, units=np.full(len(ahead), np.nan))
    assert np.array_equal(fitted.predict_log_units(hidden), found, equal_nan=True)
    unknown = (ahead.product == 1) & (ahead.store == 2)
    assert np.isnan(found[unknown]).all()
    assert np.isfinite(found[~unknown]).all()


def test_a_higher_price_never_sells_more(fitted, panel):
    ahead = panel.between(int(panel.week.max()), 1 << 31)
    ahead = ahead.select(~((ahead.product == 1) & (ahead.store == 2)))
    units = []
    for ratio in (0.7, 0.85, 1.0, 1.2):
        dearer = np.where(ahead.product == 0, ahead.price_minor * ratio, ahead.price_minor)
        found = fitted.predict_log_units(replace(ahead, price_minor=dearer))
        units.append(found[ahead.product == 0])
    assert (np.diff(np.array(units), axis=0) <= 1e-9).all()


def test_names_and_versions_are_those_of_the_registry():
    for name, entry in DEMAND_MODELS.items():
        assert entry.build(ShrunkSettings()).name == name
    assert describe_version(DEFAULT_DEMAND) == "shrunk-1"
