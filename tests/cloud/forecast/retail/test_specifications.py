"""The reference elasticities of the orange juice are reproduced by every specification."""

import numpy as np
import pytest

from cloud.forecast.retail.fixed_effects import fit_within
from cloud.forecast.retail.specifications import (
    Specification,
    SpecificationFit,
    build_controls,
    fit_reference,
    fit_specifications,
    fit_week_effects,
)
from tests.cloud.forecast.retail.pricing_data import read_orange_juice
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

REFERENCE = (-2.48, -1.404, -2.776, -3.198, -2.354, -1.768, -2.268, -2.031, -3.279, -2.81, -1.12)
ERRORS = (0.052, 0.051, 0.081, 0.058, 0.053, 0.060, 0.080, 0.073, 0.117, 0.049, 0.061)


@pytest.fixture(scope="module")
def juice():
    return read_orange_juice()


def test_elasticities_and_errors_of_all_brands_are_those_of_the_reference(juice):
    for product, (expected, error) in enumerate(zip(REFERENCE, ERRORS, strict=True)):
        brand = juice.select(juice.product == product)
        found = fit_reference(brand)
        assert found is not None
        assert found.elasticity == pytest.approx(expected, abs=0.01)
        design = np.column_stack([brand.log_price, build_controls(brand)])
        by_store = fit_within(brand.log_units, design, [brand.store], [brand.store])
        assert by_store.standard_errors[0] == pytest.approx(error, abs=0.002)
        assert found.standard_error > by_store.standard_errors[0]  # weeks are clusters as well


def test_the_specifications_of_one_brand_differ_by_more_than_their_errors(juice):
    alone = fit_specifications(juice.select(juice.product == 0))
    together = fit_week_effects(juice)
    fits = {one.specification: one for one in [*alone, *together] if one.product == 0}
    expected = {
        Specification.PROMOTIONS: -2.48,
        Specification.NO_CONTROLS: -2.89,
        Specification.UNPROMOTED_WEEKS: -2.09,
        Specification.PRICE_LAGS: -2.69,
        Specification.WEEK_EFFECTS: -2.99,
    }
    found = {name: fits[name].elasticity for name in expected}
    assert found == pytest.approx(expected, abs=0.01)
    assert fits[Specification.UNPROMOTED_WEEKS].rows == 4166
    assert fits[Specification.PRICE_LAGS].stockpiling_share == pytest.approx(0.19, abs=0.01)


def test_a_product_alone_in_its_category_has_no_cross_prices():
    shops = simulate_weeks(products=1, stores=3, weeks=60)
    found = {one.specification for one in fit_specifications(shops.panel)}
    assert Specification.CROSS_PRICES not in found
    assert Specification.WEEK_EFFECTS not in found
    assert {Specification.PROMOTIONS, Specification.SEASON} <= found


def test_few_weeks_and_a_price_that_never_moves_have_no_fit():
    panel = simulate_weeks(products=1, stores=3, weeks=60).panel
    assert fit_specifications(panel.between(0, int(panel.week.min()) + 5)) == []
    still = panel.select(panel.price_minor == np.median(panel.price_minor))
    assert fit_reference(still.select_usable()) is None


def test_a_stockpiling_share_is_between_nothing_and_all():
    plain = SpecificationFit(Specification.PRICE_LAGS, 0, -2.0, 0.1, 100, 0.5)
    assert plain.stockpiling_share == 0.25
    for lagged, expected in ((3.0, 1.0), (-1.0, 0.0), (float("nan"), None)):
        fit = SpecificationFit(Specification.PRICE_LAGS, 0, -2.0, 0.1, 100, lagged)
        assert fit.stockpiling_share == expected
