"""Price points reach the trusted zone once, in files of their region."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cloud.database import reading
from cloud.ingest.retention import RetentionPeriods, apply_retention
from cloud.lake.lake import Lake
from cloud.lake.landing.retail_price_points import LANDED_PRICE_POINTS
from cloud.lake.manifest import read_files
from cloud.lake.query import run_query
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.raw.retail_price_points import RAW_PRICE_POINTS
from cloud.lake.reader import read_table
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import promote_days
from cloud.lake.trusted.retention import drop_expired_days
from cloud.lake.trusted.tables import ROW_QUARANTINE
from cloud.lake.writer import append
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.ingest.retail.price_messages import NOW, message_of, send

pytestmark = SQLITE_ONLY
(FEED,) = [feed for feed in FEEDS if feed.raw.targets == (RAW_PRICE_POINTS,)]
(CONTRACTED,) = [one for one in contracted_tables() if one.source is RAW_PRICE_POINTS]
CARDIFF = {"store": "S002", "region": "wales", "city": "Cardiff", "postcode": "CF1 1AA"}


def update(lake: Lake) -> tuple[int, int]:
    """Rows promoted to the trusted zone, and quarantined."""
    list(FEED.land(lake, NOW))
    list(FEED.promote(lake, NOW))
    days = list(promote_days(lake, [CONTRACTED], now=NOW))
    return sum(day.promoted for day in days), sum(day.quarantined for day in days)


def list_parts(lake: Lake, table: LakeTable) -> list[tuple[date, str, int]]:
    with reading(lake.engine) as connection:
        files = read_files(connection, table.full_name)
    return sorted((file.day, file.bounds["region"][0], file.rows) for file in files)


def send_some(lake: Lake) -> None:
    points = [
        message_of(
            event_id=f"{n}-{day}-{store['store']}",
            observed_at=f"2026-03-0{day}T0{n}:00:00Z",
            currency=currency,
            **store,
        )
        for n, currency in ((1, "GBP"), (2, "EUR"))
        for day in (8, 9)
        for store in ({"store": "S001"}, CARDIFF)
    ]
    assert send(lake.engine, *points[:7]).committed == 7


def test_points_are_in_files_of_their_day_and_region(lake: Lake) -> None:
    send_some(lake)
    assert update(lake) == (7, 0)
    expected = [(date(2026, 3, 8), "london", 2), (date(2026, 3, 8), "wales", 2),
                (date(2026, 3, 9), "london", 2), (date(2026, 3, 9), "wales", 1)]  # fmt: skip
    assert list_parts(lake, CONTRACTED.target) == expected
    for table in (LANDED_PRICE_POINTS, RAW_PRICE_POINTS):
        assert [(day, rows) for day, _, rows in list_parts(lake, table)] == [
            (date(2026, 3, 8), 4), (date(2026, 3, 9), 3),
        ]  # fmt: skip
    row = read_table(lake, CONTRACTED.target).to_pylist()[0]
    assert (row["store"], row["base_price_minor"], row["rated_on"]) == ("S001", 225, None)
    assert update(lake) == (0, 0)


def test_a_query_of_one_region_opens_only_its_files(lake: Lake) -> None:
    send_some(lake)
    update(lake)
    with reading(lake.engine) as connection:
        files = read_files(connection, CONTRACTED.target.full_name)
    for file in files:
        if file.bounds["region"][0] == "wales":
            Path(lake.storage.locate(file.path)).unlink()
    query = "SELECT count(*) FROM trusted_retail_price_points WHERE region = 'london'"
    assert run_query(lake, query).rows == [(4,)]


def test_points_of_a_restored_database_are_no_duplicates(lake: Lake) -> None:
    send_some(lake)
    update(lake)
    rows = read_table(lake, RAW_PRICE_POINTS)
    append(lake, RAW_PRICE_POINTS, rows, now=NOW)
    assert update(lake) == (7, 7)
    assert read_table(lake, ROW_QUARANTINE).column("rule").unique().to_pylist() == [
        "unique_identity"
    ]


def test_days_past_the_retention_are_removed(lake: Lake) -> None:
    send_some(lake)
    update(lake)
    year_later = NOW + timedelta(days=500)
    assert [one.table_name for one in drop_expired_days(lake, [CONTRACTED], now=year_later)] == [
        "landing.retail_price_points", "trusted.rule_results",
    ]  # fmt: skip
    late = NOW + CONTRACTED.contract.retention
    assert "trusted.retail_price_points" in {
        one.table_name for one in drop_expired_days(lake, [CONTRACTED], now=late)
    }


def test_the_database_keeps_old_points_until_the_lake_has_them(lake: Lake) -> None:
    send_some(lake)
    later = NOW + timedelta(days=200)
    update(lake)
    send(lake.engine, message_of(event_id="late"), message_of(event_id="bad", units=-1))
    deleted = apply_retention(lake.engine, RetentionPeriods(), later)
    assert (deleted["retail_price_points"], deleted["retail_errors"]) == (7, 0)
    list(FEED.land(lake, NOW))
    deleted = apply_retention(lake.engine, RetentionPeriods(), NOW + timedelta(days=500))
    assert (deleted["retail_price_points"], deleted["retail_errors"]) == (1, 1)


BROKEN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("names_not_empty", {"city": ""}),
    ("currency_format", {"currency": "gbp"}),
    ("prices_positive", {"competitor_price_minor": 0}),
    ("price_above_cost", {"cost_minor": 225}),
    ("discount_valid", {"discount_bp": 10_001}),
    ("discount_consistent", {"discount_bp": 1_200}),
    ("sales_not_negative", {"inventory": -1}),
    ("revenue_consistent", {"units": 0}),
    ("base_consistent", {"base_price_minor": 226}),
    ("time_known", {"received_at": NOW - timedelta(days=9)}),
)


@pytest.mark.parametrize("promotion", [None, "clearance"])
def test_a_row_that_breaks_a_rule_is_quarantined_under_it(
    promotion: str | None, lake: Lake
) -> None:
    send(lake.engine, message_of(promotion=promotion))
    update(lake)
    (good,) = read_table(lake, RAW_PRICE_POINTS).to_pylist()
    broken = [one for one in BROKEN if promotion is None or one[0] != "price_above_cost"]
    rows = [good | {"sku": f"SKU-{n}0"} | changes for n, (_, changes) in enumerate(broken)]
    schema = RAW_PRICE_POINTS.schema.append(pa.field(DAY, pa.date32()))
    append(lake, RAW_PRICE_POINTS, pa.Table.from_pylist(rows, schema=schema), now=NOW)
    (day,) = promote_days(lake, [CONTRACTED], now=NOW)
    assert (day.promoted, day.quarantined) == (1, len(broken))
    found = read_table(lake, ROW_QUARANTINE).column("rule").to_pylist()
    assert sorted(found) == sorted(rule for rule, _ in broken)
    assert {rule for rule, _ in BROKEN} == {rule.name for rule in CONTRACTED.contract.rules}
