"""The inputs of a recommendation: newest point, approved price, limits, estimate."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert

from cloud.app.retail.price_inputs import (
    CurrentSource,
    LimitCurrencyError,
    PriceInputs,
    Refusal,
    UnknownRetailPrice,
    list_keys_of,
    read_inputs,
    require_inputs,
)
from cloud.database.retail import retail_price_points, retail_products
from cloud.forecast.retail.estimates import retail_demand_estimates, write_estimates
from cloud.sales.retail.prices import PriceKey
from cloud.sales.retail.tables import retail_prices
from tests.cloud.app.retail.shop_rows import HOUR, add_point, add_product
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.memory_database import in_memory
from tests.cloud.pricing.retail.price_examples import make_estimate

JUICE = PriceKey("juice-1", "s-1")


@pytest.fixture
def connection() -> Iterator[Connection]:
    tables = (retail_price_points, retail_products, retail_prices, retail_demand_estimates)
    with in_memory(*tables) as connection:
        yield connection


def read_one(connection: Connection, key: PriceKey = JUICE) -> PriceInputs | Refusal:
    return read_inputs(connection, [key], FRIDAY_NOON)[key]


def approve(connection: Connection, price_minor: int, at=FRIDAY_NOON, currency="GBP") -> None:
    row = {
        "id": "a" * 32, "product": "juice-1", "store": "s-1", "price_minor": price_minor,
        "currency": currency, "starts_at": at, "layer": "base", "source": "recommendation",
        "state": "active", "batch": "b" * 32, "approved_by": "ann", "approved_at": at,
        "activated_at": at,
    }  # fmt: skip
    connection.execute(insert(retail_prices).values(row))


def test_the_newest_point_of_each_pair_is_read(connection: Connection):
    for hours, price in ((30, 299), (2, 349), (5, 329)):
        add_point(connection, FRIDAY_NOON - hours * HOUR, price_minor=price)
    add_point(connection, store="s-2", price_minor=399)
    found = read_inputs(connection, [JUICE, PriceKey("juice-1", "s-2"), JUICE], FRIDAY_NOON)
    assert [one.state.price_minor for one in found.values()] == [349, 399]
    assert found[JUICE].current.at == FRIDAY_NOON - 2 * HOUR


@pytest.mark.parametrize("at", [FRIDAY_NOON - timedelta(days=14), FRIDAY_NOON + HOUR])
def test_a_point_that_is_too_old_or_in_the_future_is_no_current_price(connection, at):
    add_point(connection, at)
    found = read_one(connection)
    assert isinstance(found, UnknownRetailPrice)
    with pytest.raises(UnknownRetailPrice, match="send its price points first"):
        require_inputs(found)


@pytest.mark.parametrize(
    ("promotion", "price", "source"),
    [
        ("deal", 349, CurrentSource.LIST_PRICE), ("feature", 349, CurrentSource.LIST_PRICE),
        ("clearance", 279, CurrentSource.OBSERVED), (None, 279, CurrentSource.OBSERVED),
    ],
)  # fmt: skip
def test_the_list_price_counts_while_a_promotion_is_on(connection, promotion, price, source):
    add_point(connection, price_minor=279, promotion=promotion)
    current = read_one(connection).current
    assert (current.price_minor, current.source, current.promotion) == (price, source, promotion)


def test_an_approved_price_counts_where_it_is_newer_than_the_point(connection: Connection):
    add_point(connection)
    approve(connection, 329, FRIDAY_NOON - HOUR / 2)
    found = read_one(connection)
    assert (found.current.price_minor, found.current.source) == (329, CurrentSource.APPROVED)
    assert found.state.days_since_change == 0
    add_point(connection, FRIDAY_NOON - HOUR / 4, price_minor=339)
    found = read_one(connection)
    assert (found.current.price_minor, found.current.source) == (339, CurrentSource.OBSERVED)


def test_limits_are_those_of_the_sku_and_unknown_values_stay_unknown(connection: Connection):
    add_product(connection, map_minor=300)
    add_point(connection, inventory=None, competitor_price_minor=None)
    state = read_one(connection).state
    assert (state.map_minor, state.legal_floor_minor) == (300, None)
    assert (state.stock, state.competitor_price_minor, state.days_since_change) == (None,) * 3


def test_limits_in_another_currency_are_refused(connection: Connection):
    add_product(connection, map_minor=300, currency="EUR")
    add_point(connection)
    assert isinstance(read_one(connection), LimitCurrencyError)


def test_the_baseline_price_is_in_the_currency_of_the_store(connection: Connection):
    add_point(connection, currency="JPY", price_minor=700, base_price_minor=350)
    write_estimates(connection, [make_estimate(baseline_price_minor=400)])
    assert read_one(connection).estimate.baseline_price_minor == 800


def test_stores_of_a_product_are_those_with_a_recent_point(connection: Connection):
    add_point(connection, store="s-2")
    add_point(connection, FRIDAY_NOON - timedelta(days=15), store="s-3")
    add_point(connection)
    assert [key.store for key in list_keys_of(connection, "juice-1", FRIDAY_NOON)] == ["s-1", "s-2"]
