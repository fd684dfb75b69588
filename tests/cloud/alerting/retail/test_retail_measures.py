"""The source reads new prices in every evaluation, and the rest once an hour."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.alerting.retail.retail_measures import RetailMeasures, find_near
from cloud.alerting.rules import AlertKind, Measure
from cloud.sales.retail.observations import StoreTraits
from tests.cloud.memory_database import in_memory
from tests.cloud.rates import sites
from tests.cloud.retail_points import (
    PRODUCT,
    insert_points,
    insert_stores,
    point_row,
)
from tests.cloud.sales.retail.retail_rows import MINUTE, NOON, accept, allow_all
from tests.cloud.sales.retail.test_experiment_steps import TABLES

DAY = timedelta(days=1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*TABLES) as connection:
        yield connection


def evaluate(
    source: RetailMeasures, connection: Connection, after: timedelta = timedelta()
) -> list[Measure]:
    return source(connection, sites(), NOON + after)


@pytest.fixture
def source() -> RetailMeasures:
    return RetailMeasures()


def kinds(measures: list[Measure], least: float = 0.0) -> set[AlertKind]:
    return {one.kind for one in measures if one.value > least}


def test_without_price_points_nothing_is_measured(
    connection: Connection, source: RetailMeasures
) -> None:
    insert_stores(connection, 4)
    assert evaluate(source, connection) == []


def test_a_move_is_measured_in_the_minute_of_its_point(
    connection: Connection, source: RetailMeasures
) -> None:
    accept(connection, "r1", 400, NOON - DAY, allow_all)
    assert evaluate(source, connection) == []
    key = {"product": PRODUCT, "store": "S-01"}
    insert_points(connection, [point_row("S-01", NOON + MINUTE, price_minor=300, currency="USD")])
    [move] = evaluate(source, connection, 2 * MINUTE)
    assert (move.kind, move.device, move.location) == (AlertKind.PRICE_MOVE, *key.values())
    assert move.value == pytest.approx(0.25)
    assert evaluate(source, connection, timedelta(hours=1, minutes=2))[0].kind is not move.kind


def test_stock_demand_competitor_and_gaps_are_measured_once_an_hour(
    connection: Connection, source: RetailMeasures
) -> None:
    insert_stores(connection, 2, latitude=50.0)
    rows = []
    for day in range(30, 0, -1):
        slow, newest = day <= 7, day == 1
        rows.append(point_row("S-00", NOON - day * DAY, units=4 if slow else 10, inventory=600,
                              competitor_price_minor=300 if newest else 400))  # fmt: skip
        rows.append(point_row("S-01", NOON - day * DAY, price_minor=340, inventory=0))
    insert_points(connection, rows)
    found = evaluate(source, connection)
    assert kinds(found) == {
        AlertKind.COMPETITOR_CUT, AlertKind.FLASH_SALE, AlertKind.STOCK_OUT, AlertKind.PRICE_GAP,
    }  # fmt: skip
    connection.exec_driver_sql("DELETE FROM retail_price_points")
    assert evaluate(source, connection, 59 * MINUTE) == found
    assert evaluate(source, connection, 60 * MINUTE) == []


def test_stores_are_near_by_their_coordinates() -> None:
    def at(name: str, latitude: float, longitude: float) -> StoreTraits:
        return StoreTraits(name, "n", "urban", "c", latitude, longitude, None)

    near = find_near([at("A", 51.50, -0.12), at("B", 51.53, -0.12), at("C", 51.50, -0.03)])
    assert near == {"A": ["B"], "B": ["A"], "C": []}
