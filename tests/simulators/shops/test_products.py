"""The products of a chain."""

from datetime import date

from simulators.shops.options import ChainOptions
from simulators.shops.products import CATEGORIES, draw_products


def test_limits_are_below_the_usual_price() -> None:
    products = draw_products(ChainOptions(1, 20, 1, date(2026, 1, 1)))
    assert (products.map_minor[products.has_map] < products.reference_minor[products.has_map]).all()
    assert (products.legal_floor_minor < products.cost_share * products.reference_minor).all()
    assert set(products.category.tolist()) == set(range(len(CATEGORIES)))
    assert len(set(products.names)) == len(set(products.skus)) == 20
