"""The newest price of each product and store is read, and sums count observed days alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.database.retail import retail_price_points, retail_stores
from cloud.sales.retail.observations import RECENT, read_newest, read_store_sums, read_stores
from cloud.sales.retail.prices import PriceKey
from tests.cloud.memory_database import in_memory
from tests.cloud.retail_points import PRODUCT, insert_points, insert_stores, point_row
from tests.cloud.sales.retail.retail_rows import NOON

DAY = timedelta(days=1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(retail_price_points, retail_stores) as connection:
        yield connection


def test_the_newest_point_counts_and_an_old_one_does_not(connection: Connection) -> None:
    rows = [
        point_row("S-01", NOON - 2 * DAY, price_minor=380),
        point_row("S-01", NOON - DAY, price_minor=390),
        point_row("S-01", NOON + DAY, price_minor=1),  # of the future, as seen from `now`
        point_row("S-02", NOON - RECENT),
        point_row("S-03", NOON - DAY, product="milk-1l"),
    ]
    insert_points(connection, rows)
    found = read_newest(connection, NOON)
    assert {key: one.price_minor for key, one in found.items()} == {
        PriceKey(PRODUCT, "S-01"): 390,
        PriceKey("milk-1l", "S-03"): 400,
    }
    assert set(read_newest(connection, NOON, products=["milk-1l"])) == {PriceKey("milk-1l", "S-03")}
    assert set(read_newest(connection, NOON, stores=["S-01"])) == {PriceKey(PRODUCT, "S-01")}


def test_sums_are_of_observed_days(connection: Connection) -> None:
    hours = [point_row("S-01", NOON + n * timedelta(hours=1), units=n) for n in range(3)]
    insert_points(connection, [*hours, point_row("S-01", NOON + 3 * DAY, units=5)])
    sums = read_store_sums(connection, [PRODUCT], ["S-01", "S-02"], NOON, NOON + 9 * DAY)
    one = sums["S-01"]
    assert (one.days, one.units, one.revenue_minor, one.margin_minor) == (2, 8, 3_200, 1_200)
    assert one.margin_per_day == 600
    assert "S-02" not in sums


def test_stores_are_listed_by_region(connection: Connection) -> None:
    insert_stores(connection, 4)
    assert [one.store for one in read_stores(connection)] == ["S-00", "S-01", "S-02", "S-03"]
    assert [one.store for one in read_stores(connection, "south")] == ["S-02", "S-03"]
