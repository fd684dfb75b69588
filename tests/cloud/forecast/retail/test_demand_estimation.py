"""The published range has the true elasticity of simulated shops, without being absurdly wide."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cloud.forecast.retail.demand_estimation import (
    FittedModels,
    build_regular_week,
    estimate_demand,
)
from cloud.forecast.retail.estimates import EstimateArrays, Evidence
from cloud.forecast.retail.models.shrunk import Shrunk
from tests.cloud.forecast.retail.shop_weeks import ShopWeeks, simulate_weeks

TODAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def shops() -> ShopWeeks:
    return simulate_weeks(seed=11, products=8, stores=12, weeks=80)


def estimate(panel):
    fitted = Shrunk().fit(panel)
    return estimate_demand(panel, FittedModels(fitted, fitted, "shrunk-1"), TODAY)


def test_the_range_covers_the_truth_of_simulated_shops(shops):
    found = EstimateArrays.from_estimates(estimate(shops.panel))
    panel = shops.panel
    at = [panel.products.index(one) for one in found.product]
    truth = shops.elasticities[at, [panel.stores.index(one) for one in found.store]]
    covered = (found.elasticity_low <= truth) & (truth <= found.elasticity_high)
    assert len(found) == 8 * 12
    assert covered.mean() >= 0.8
    assert np.median(found.elasticity_high - found.elasticity_low) < 1.5
    assert np.abs(found.elasticity - truth).mean() < 0.25
    assert (found.elasticity_low < found.elasticity).all()
    assert (found.elasticity < found.elasticity_high).all()


def test_baseline_units_are_those_of_a_regular_week(shops):
    found = EstimateArrays.from_estimates(estimate(shops.panel))
    recent = shops.panel.between(int(shops.panel.week.max()) - 12, 1 << 31).select_usable()
    plain = recent.select((recent.deal == 0) & (recent.feature == 0))
    mean = np.bincount(plain.series, plain.units, 96) / np.bincount(plain.series, minlength=96)
    ratio = np.median(found.baseline_units / mean[np.isfinite(mean)])
    assert ratio == pytest.approx(1, abs=0.15)


def test_the_regular_price_is_that_of_unpromoted_weeks(shops):
    coming = build_regular_week(shops.panel)
    assert len(coming) == 96
    assert (coming.deal == 0).all()
    assert (coming.week == shops.panel.week.max() + 1).all()
    assert np.isnan(coming.units).all()
    promoted = replace(shops.panel, deal=np.ones(len(shops.panel)))
    assert len(build_regular_week(promoted)) == 96


def test_a_series_that_is_no_longer_sold_has_no_estimate(shops):
    panel = shops.panel
    gone = (panel.product == 0) & (panel.store == 3) & (panel.week > panel.week.max() - 20)
    found = {(one.product, one.store) for one in estimate(panel.select(~gone))}
    assert len(found) == 95
    assert (panel.products[0], panel.stores[3]) not in found


def test_many_weeks_without_sales_weaken_the_evidence(shops):
    panel = shops.panel
    quiet = (panel.product == 2) & (panel.week % 5 == 0)
    found = estimate(replace(panel, units=np.where(quiet, 0, panel.units)))
    of_product = [one for one in found if one.product == panel.products[2]]
    assert of_product
    assert all(one.evidence is not Evidence.SUFFICIENT for one in of_product)


def test_a_price_that_never_moved_has_no_estimate(shops):
    panel = shops.panel
    still = np.where(panel.product == 1, 100.0, panel.price_minor)
    found = {one.product for one in estimate(replace(panel, price_minor=still))}
    assert panel.products[1] not in found
    assert len(found) == 7
