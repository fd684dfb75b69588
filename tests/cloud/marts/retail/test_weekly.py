"""Weeks are sums of their points, and are built again when a day of them changes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.database import reading
from cloud.lake.curated.retail import RETAIL_WEEKLY
from cloud.lake.manifest import read_files
from cloud.lake.reader import read_table
from cloud.lake.writer import append
from cloud.marts.contract_checks import find_broken_rule
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.retail.weekly import TRUSTED_POINTS, build_changed_weeks
from tests.cloud.marts.retail.point_rows import build_point, build_points

NOW = datetime(2026, 2, 1, 3, tzinfo=UTC)
MONDAY = date(2026, 1, 5)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def add(lake, *points):
    append(lake, TRUSTED_POINTS, build_points(list(points)), now=NOW)


def build(lake):
    with DuckDbEngine(threads=1).open() as engine:
        return [one.week_on for one in build_changed_weeks(lake, engine, now=NOW)]


def test_a_week_has_sums_means_and_days(lake):
    add(
        lake,
        build_point(units=10),
        build_point(observed_at=NOON + timedelta(hours=5), units=20, inventory=30),
        build_point(observed_at=NOON + timedelta(days=1), units=0, price_minor=150,
                    list_price_minor=200, promotion="deal", inventory=0),
        build_point(observed_at=NOON + timedelta(days=2), units=30, price_minor=100,
                    list_price_minor=200, promotion="clearance", is_outlier=True,
                    base_competitor_minor=None, inventory=None, holiday="epiphany"),
    )  # fmt: skip
    assert build(lake) == [MONDAY]
    (row,) = read_table(lake, RETAIL_WEEKLY).to_pylist()
    expected = {
        "day": MONDAY, "week_on": MONDAY, "observed_days": 3, "points": 4, "outlier_points": 1,
        "units": 60, "revenue_minor": 9_000, "price_minor": 150, "list_price_minor": 200,
        "competitor_price_minor": 210, "deal_days": 2, "feature_days": 0, "holiday_days": 1,
        "stockout_days": 1, "inventory_end": 0, "currency": "EUR",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    with reading(lake.engine) as connection:
        files = read_files(connection, RETAIL_WEEKLY.full_name)
    assert find_broken_rule(lake.storage, RETAIL_WEEKLY, files) is None


def test_a_week_without_sales_has_the_mean_of_its_prices(lake):
    add(lake, build_point(units=0), build_point(observed_at=NOON + timedelta(1), units=0,
                                                price_minor=100))  # fmt: skip
    build(lake)
    (row,) = read_table(lake, RETAIL_WEEKLY).to_pylist()
    assert (row["units"], row["price_minor"]) == (0, 150)


@pytest.mark.parametrize("days", [1, 7])
def test_only_weeks_with_changed_days_are_built(lake, days):
    add(lake, build_point())
    assert build(lake) == [MONDAY]
    assert build(lake) == []
    add(lake, build_point(observed_at=NOON + timedelta(days=days)))
    assert build(lake) == [MONDAY + timedelta(days=days // 7 * 7)]
