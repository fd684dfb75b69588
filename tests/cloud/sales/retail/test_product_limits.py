"""Limits of SKUs: read by name, comparable in their own currency only."""

import pytest

from cloud.database.retail import retail_products
from cloud.sales.retail.product_limits import ProductLimits, read_limits
from tests.cloud.app.retail.shop_rows import add_product
from tests.cloud.memory_database import in_memory


def test_limits_are_read_for_known_skus():
    with in_memory(retail_products) as connection:
        add_product(connection, map_minor=300)
        assert read_limits(connection, {"juice-1", "x"}) == {
            "juice-1": ProductLimits("GBP", 300, None)
        }


@pytest.mark.parametrize(
    ("limits", "currency", "comparable"),
    [
        (ProductLimits("GBP", 300, None), "GBP", True),
        (ProductLimits("GBP", None, 1), "EUR", False),
        (ProductLimits("GBP", None, None), "EUR", True),
    ],
)
def test_a_price_is_compared_in_the_currency_of_the_limits(limits, currency, comparable):
    assert limits.is_comparable(currency) == comparable
