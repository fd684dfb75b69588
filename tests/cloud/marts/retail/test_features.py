"""A row of features is the same whenever it is computed: nothing received later is in it."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from cloud.database import reading
from cloud.lake.curated.retail import RETAIL_FEATURES
from cloud.lake.manifest import read_files
from cloud.lake.reader import read_table
from cloud.lake.writer import append
from cloud.marts.contract_checks import find_broken_rule
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import read_sql
from cloud.marts.retail.calendars import list_retail_stores
from cloud.marts.retail.feature_runs import read_feature_runs
from cloud.marts.retail.features import (
    build_feature_days,
    build_new_features,
    find_version,
    list_feature_inputs,
)
from cloud.marts.retail.weekly import POINTS_VIEW, TRUSTED_POINTS, build_changed_weeks
from tests.cloud.marts.retail.point_rows import (
    build_point,
    build_points,
    list_places,
    simulate_points,
)
from tests.cloud.marts.retail.weeks import compute_weeks

AS_OF = date(2025, 12, 20)
NEXT = datetime(2025, 12, 21, 3, tzinfo=UTC)
GUARD = "trusted_retail_price_points.received_at < feature_run.ends_at"


@pytest.fixture(scope="module")
def points():
    return simulate_points(days=120)


def compute(points: pa.Table, sql: str | None = None, as_of: date = AS_OF) -> list[dict]:
    inputs = {
        POINTS_VIEW: points,
        "curated_retail_weekly": compute_weeks(points),
        **list_feature_inputs(as_of, list_retail_stores(list_places())),
    }
    text = sql or read_sql(RETAIL_FEATURES.name)
    rows = DuckDbEngine(threads=1).run(text, inputs, RETAIL_FEATURES)
    return rows.sort_by([(name, "ascending") for name in RETAIL_FEATURES.sort_by]).to_pylist()


def rewrite_future(points: pa.Table) -> pa.Table:
    """Everything that was not received by the end of the day is changed, and more is added."""
    end = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC) + timedelta(days=1)
    rows = [
        row if row["received_at"] < end else row | {"units": 999, "base_price_minor": 1}
        for row in points.to_pylist()
    ]
    late = [
        row | {"observed_at": row["observed_at"] + timedelta(minutes=1), "units": 500,
               "received_at": end, "event_id": f"late {row['event_id']}"}
        for row in rows if row["received_at"] < end
    ]  # fmt: skip
    return build_points(rows + late)


def test_the_future_and_late_points_change_no_row(points):
    known = compute(points)
    found = compute(rewrite_future(points))
    assert len(found) == 6
    recent = [name for name in known[0] if not depends_on_weeks(name)]
    assert [{name: row[name] for name in recent} for row in found] == [
        {name: row[name] for name in recent} for row in known
    ]


def depends_on_weeks(name: str) -> bool:
    """A week with a late point is unknown until that was received: its figures become null."""
    column = next((one for one in RETAIL_FEATURES.columns if one.name == name), None)
    return column is not None and "(weekly)" in column.description


def test_the_test_of_the_future_finds_a_planted_leak(points):
    leaking = read_sql(RETAIL_FEATURES.name).replace(GUARD, "1 = 1")
    assert leaking != read_sql(RETAIL_FEATURES.name)
    names = ("price_minor", "units_day_avg_7d_milli")
    before, after = (compute(one, leaking)[0] for one in (points, rewrite_future(points)))
    assert any(before[name] != after[name] for name in names)


def test_later_weeks_change_no_row(points):
    until = [row for row in points.to_pylist() if row["day"] <= AS_OF]
    assert compute(build_points(until)) == compute(points)


def test_figures_of_one_series_are_those_of_their_definitions():
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    rows = [
        build_point(observed_at=noon - timedelta(days=age), units=20 if age < 7 else 10,
                    price_minor=180 if age < 3 else 200, list_price_minor=200, inventory=60,
                    discount_bp=1_000 if age < 3 else 0,
                    promotion="deal" if age < 3 else None)
        for age in range(60)
    ]  # fmt: skip
    (row,) = compute(build_points(rows), as_of=date(2026, 1, 31))
    expected = {
        "price_minor": 180, "data_age_days": 0, "margin_bp": 3_333, "discount_bp": 1_000,
        "observed_days_90d": 60, "price_avg_7d_minor": 191, "price_avg_30d_minor": 198,
        "units_day_avg_7d_milli": 20_000, "price_median_90d_minor": 200, "price_min_90d_minor": 180,
        "price_position_90d_bp": 0, "units_change_7d_bp": 10_000, "price_change_7d_bp": -429,
        "price_changes_90d": 1, "days_since_price_change": 2, "deal_days_90d": 3,
        "stock_cover_days_milli": 4_864, "competitor_gap_bp": -1_429, "competitor_changes_90d": 0,
        "competitor_follows_bp": 0, "reaction_bp": None, "product_stores": 1,
        "region_price_gap_bp": 0, "region_units_share_bp": 10_000, "store_setting": None,
        "seasonal_factor_bp": None, "stockout_days_30d": 0,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_a_competitor_that_follows_is_counted():
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    rows = [
        build_point(observed_at=noon - timedelta(days=age), price_minor=190 if age < 20 else 200,
                    base_competitor_minor=180 if age < 16 else 210)
        for age in range(40)
    ]  # fmt: skip
    (row,) = compute(build_points(rows), as_of=date(2026, 1, 31))
    assert (row["price_changes_90d"], row["competitor_changes_90d"]) == (1, 1)
    assert (row["competitor_follows_bp"], row["reaction_bp"]) == (10_000, 0)


def test_there_are_more_than_fifty_documented_columns(points):
    described = {one.name: one.description for one in RETAIL_FEATURES.columns}
    assert len(described) - len(RETAIL_FEATURES.sort_by) >= 50
    sources = ("(points)", "(weekly)", "(stores)")
    named = [name for name, text in described.items() if text.endswith(sources)]
    assert set(described) - set(named) == {"product", "sku", "store"}
    assert set(compute(points)[0]) == {*described, "day"}


def test_days_are_built_once_with_their_figures(lake, points):
    first_on = AS_OF - timedelta(days=1)
    recent = points.filter(pa.compute.greater_equal(points["day"], first_on))
    append(lake, TRUSTED_POINTS, recent, now=NEXT)
    with DuckDbEngine(threads=1).open() as engine:
        list(build_changed_weeks(lake, engine, now=NEXT))
        first = list(build_new_features(lake, engine, list_places(), now=NEXT))
        again = list(build_new_features(lake, engine, list_places(), now=NEXT))
        forced = list(build_feature_days(lake, engine, list_places(), [AS_OF], now=NEXT))
    assert [one.day for one in first] == [first_on, AS_OF]
    assert again == []
    assert forced[0].rows == 6
    assert len(read_table(lake, RETAIL_FEATURES)) == 6  # none for the first day
    with reading(lake.engine) as connection:
        run, *_ = read_feature_runs(connection)
        files = read_files(connection, RETAIL_FEATURES.full_name)
    assert (run.as_of, run.rows, run.stores, run.version) == (AS_OF, 6, 3, find_version())
    assert (run.stale_rows, run.median_age_days) == (0, 1)
    assert run.null_shares["seasonal_factor_bp"] == 1
    assert find_broken_rule(lake.storage, RETAIL_FEATURES, files) is None


def read_units(lake) -> dict[date, list[int | None]]:
    """The mean units of a week of one SKU, by day of features."""
    found: dict[date, list[int | None]] = {}
    for row in read_table(lake, RETAIL_FEATURES).to_pylist():
        found.setdefault(row["day"], []).append(row["units_day_avg_7d_milli"])
    return found


def test_days_whose_points_changed_are_built_again_from_what_was_received_in_time(lake):
    noon = datetime(2025, 12, 18, 12, tzinfo=UTC)

    def load(**fields) -> list[date]:
        append(lake, TRUSTED_POINTS, build_points([build_point(**fields)]), now=NEXT)
        return [one.day for one in build_new_features(lake, engine, list_places(), now=NEXT)]

    with DuckDbEngine(threads=1).open() as engine:
        days = [date(2025, 12, 18), date(2025, 12, 19), AS_OF]
        assert load(observed_at=noon) == days
        assert read_units(lake) == {day: [10_000] for day in days}
        in_time = {"observed_at": noon + timedelta(hours=24), "units": 20}
        assert load(**in_time) == days[1:]  # promoted late
        assert read_units(lake) == {days[0]: [10_000], days[1]: [15_000], AS_OF: [15_000]}
        late = {"observed_at": noon + timedelta(hours=1), "units": 90, "received_at": NEXT}
        assert load(**late) == days
        assert read_units(lake) == {days[0]: [10_000], days[1]: [15_000], AS_OF: [15_000]}
        assert not set(load(observed_at=noon - timedelta(days=200))) & set(days)  # none uses it
