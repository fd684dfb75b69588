"""The history of a price follows the sheets that were published for the hour."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa

from cloud.booking.order_line import BookingStatus, OrderLine
from cloud.lake.curated.pricing import LEAD_DAYS, PRICING_HISTORY
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import drop_days
from cloud.lake.reader import read_table
from cloud.lake.writer import append
from cloud.marts.build import TRUSTED_ORDER_HOURS
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.pricing import TRUSTED_PRICES, build_pricing_history
from cloud.sites.sites import Sites
from tests.cloud.booking.order_lines import order_line
from tests.cloud.marts.audience_rows import sites
from tests.cloud.marts.order_rows import order_hours
from tests.cloud.marts.price_rows import SOLD, STATION, sheet

NOW = datetime(2026, 10, 21, 3, tzinfo=UTC)


def before(days: int) -> date:
    return SOLD - timedelta(days=days)


def build(lake: Lake, in_force: Sites | None = None, now: datetime = NOW) -> list[date]:
    engine = DuckDbEngine(threads=1)
    built = build_pricing_history(lake, engine, in_force or sites(), now=now)
    return [one.day for one in built]


def book(number: int, **fields: Any) -> OrderLine:
    """A line of the hour that is sold."""
    starts_at = datetime(SOLD.year, SOLD.month, SOLD.day, 9, tzinfo=UTC)
    return order_line(
        1, line_id=f"SO-1-{number}", location=STATION.id, starts_at=starts_at, **fields
    )


def rows_of(lake: Lake) -> list[dict[str, Any]]:
    return read_table(lake, PRICING_HISTORY).to_pylist()


def test_an_hour_has_its_first_last_and_extreme_prices_and_those_of_each_lead_time(
    lake: Lake,
) -> None:
    prices = {90: 100, 30: 120, 28: 120, 3: 90, 0: 95}
    sheets = [sheet(before(days), price, card=f"v{days % 2}") for days, price in prices.items()]
    append(lake, TRUSTED_PRICES, pa.concat_tables(sheets), now=NOW)
    assert build(lake) == [SOLD]
    (row,) = rows_of(lake)
    expected = {
        "day": SOLD, "location": STATION.id, "hour": 9, "weekday": 1, "local_hour": 10,
        "currency": "GBP", "publications": 5,
        "first_published_on": before(90), "first_price_minor": 100,
        "last_published_on": SOLD, "last_price_minor": 95,
        "lowest_price_minor": 90, "highest_price_minor": 120, "price_changes": 3,
        "first_versions": "v0 f1", "last_versions": "v0 f1", "distinct_versions": 2,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    leads = [row[f"price_{days}_days_before_minor"] for days in LEAD_DAYS]
    assert leads == [90, 120, 120, 100]


def test_a_price_that_was_not_yet_published_is_unknown(lake: Lake) -> None:
    append(lake, TRUSTED_PRICES, sheet(before(2), 100), now=NOW)
    build(lake)
    (row,) = rows_of(lake)
    assert [row[f"price_{days}_days_before_minor"] for days in LEAD_DAYS] == [100, None, None, None]


def test_days_are_built_once_they_have_ended_and_again_when_a_sheet_is_added(lake: Lake) -> None:
    append(lake, TRUSTED_PRICES, sheet(before(2), 100, 101, 102), now=NOW)
    assert build(lake, now=NOW - timedelta(days=1)) == [SOLD]
    assert build(lake, now=NOW - timedelta(days=1)) == []
    assert build(lake) == [SOLD + timedelta(days=1)]
    append(lake, TRUSTED_PRICES, sheet(before(1), 90), now=NOW)
    assert build(lake) == [SOLD]
    found = [(row["day"], row["first_price_minor"], row["last_price_minor"])
             for row in rows_of(lake)]  # fmt: skip
    assert found == [(SOLD, 100, 90), (SOLD + timedelta(days=1), 101, 101)]


def test_sheets_under_a_former_id_count_under_the_present_one(lake: Lake) -> None:
    old = sheet(before(3), 80, location="OLD-01")
    append(lake, TRUSTED_PRICES, pa.concat_tables([old, sheet(before(1), 90)]), now=NOW)
    assert build(lake) == [SOLD]
    assert [row["location"] for row in rows_of(lake)] == ["OLD-01", STATION.id]
    assert rows_of(lake)[0]["local_hour"] is None
    listed = (msgspec.structs.replace(STATION, formerly=("OLD-01",)), *list(sites())[1:])
    assert build(lake, Sites(listed)) == [SOLD]
    (row,) = rows_of(lake)
    assert (row["location"], row["first_price_minor"], row["publications"]) == (STATION.id, 80, 2)


def test_an_hour_has_the_prices_at_which_it_was_booked(lake: Lake) -> None:
    append(lake, TRUSTED_PRICES, sheet(before(2), 100), now=NOW)
    assert build(lake) == [SOLD]
    lines = (
        book(1, positions=2, price_minor=90),
        book(2, price_minor=120, creatives=("a", "b")),
        book(3, currency="EUR"),
        book(4, booking_status=BookingStatus.DRAFT),
    )
    ordered = order_hours(*lines, changed_at=NOW - timedelta(days=9))
    append(lake, TRUSTED_ORDER_HOURS, ordered, now=NOW)
    assert build(lake) == [SOLD]
    (row,) = rows_of(lake)
    names = ("positions", "price_minor", "lowest_price_minor", "highest_price_minor")
    assert [row[f"booked_{name}"] for name in names] == [3, 100, 90, 120]


def test_a_part_of_an_hour_is_booked_at_the_price_of_the_whole(lake: Lake) -> None:
    append(lake, TRUSTED_PRICES, sheet(before(2), 100), now=NOW)
    starts_at = datetime(SOLD.year, SOLD.month, SOLD.day, 9, 30, tzinfo=UTC)
    half = order_line(1, location=STATION.id, starts_at=starts_at, positions=2, price_minor=90)
    append(lake, TRUSTED_ORDER_HOURS, order_hours(half, changed_at=NOW), now=NOW)
    build(lake)
    names = ("positions", "price_minor", "lowest_price_minor", "highest_price_minor")
    assert [rows_of(lake)[0][f"booked_{name}"] for name in names] == [2, 90, 90, 90]


def test_a_day_keeps_its_rows_when_retention_deletes_a_sheet(lake: Lake) -> None:
    sheets = pa.concat_tables([sheet(before(3), 80, 80), sheet(before(1), 90)])
    append(lake, TRUSTED_PRICES, sheets, now=NOW)
    assert build(lake, now=NOW - timedelta(days=1)) == [SOLD]
    drop_days(lake, TRUSTED_PRICES, before=before(2), now=NOW)
    append(lake, TRUSTED_PRICES, sheet(SOLD, 70), now=NOW)
    assert build(lake, now=NOW - timedelta(days=1)) == []
    (row,) = rows_of(lake)
    assert (row["first_price_minor"], row["last_price_minor"]) == (80, 90)
