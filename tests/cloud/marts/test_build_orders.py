"""Ordered hours are built with their days, and leave the audience of these days as it is."""

from datetime import timedelta
from typing import Any

from cloud.booking.order_line import OrderLine
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.curated.campaigns import CAMPAIGN_PERFORMANCE
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import drop_days
from cloud.lake.reader import read_table
from cloud.lake.writer import append
from cloud.marts.build import TRUSTED_ORDER_HOURS, TRUSTED_REPORTS
from tests.cloud.booking.order_lines import order_line
from tests.cloud.conftest import Reports
from tests.cloud.marts.audience_rows import DAYS, FIRST, NOW, trust
from tests.cloud.marts.mart_days import CAMERA, NINE, build, checksums, one, row_at
from tests.cloud.marts.order_rows import order_hours


def campaign_rows(lake: Lake) -> list[tuple[Any, ...]]:
    rows = read_table(lake, CAMPAIGN_PERFORMANCE).to_pylist()
    return [(row["day"], row["hour"], row["line_version"], row["price_minor"]) for row in rows]


def order(lake: Lake, line: OrderLine, version: int = 1, released: tuple[int, ...] = ()) -> None:
    rows = order_hours(line, changed_at=NOW, version=version, released=released)
    append(lake, TRUSTED_ORDER_HOURS, rows, now=NOW)


def test_an_ordered_day_is_built_when_it_has_begun_and_until_it_has_ended(lake: Lake) -> None:
    order(lake, order_line(2, location=CAMERA.location, starts_at=NINE))
    assert build(lake, NINE - timedelta(days=1)) == []
    assert build(lake, NINE + timedelta(minutes=30)) == [FIRST]
    assert campaign_rows(lake) == [(FIRST, 9, 1, 60)]
    assert build(lake, NINE + timedelta(days=1)) == [FIRST]
    assert campaign_rows(lake) == [(FIRST, 9, 1, 60), (FIRST, 10, 1, 60)]
    assert build(lake, NINE + timedelta(days=1)) == []
    assert row_at(lake, 9)["visits"] is None


def test_a_corrected_order_changes_its_days_and_leaves_the_audience(
    lake: Lake, report: Reports
) -> None:
    trust(lake, one(report))
    line = order_line(1, location=CAMERA.location, starts_at=NINE)
    order(lake, line)
    build(lake)
    before = checksums(lake, AUDIENCE_METRICS)
    moved = order_line(1, location=CAMERA.location, starts_at=NINE + timedelta(days=1))
    order(lake, moved, version=2, released=line.slots)
    assert build(lake) == DAYS[:2]
    assert campaign_rows(lake) == [(DAYS[1], 9, 2, 60)]
    assert checksums(lake, AUDIENCE_METRICS)[0] == before[0]


def test_a_late_order_of_a_day_whose_reports_are_deleted_leaves_its_rows(
    lake: Lake, report: Reports
) -> None:
    trust(lake, one(report))
    build(lake)
    drop_days(lake, TRUSTED_REPORTS, before=DAYS[1], now=NOW)
    order(lake, order_line(1, location=CAMERA.location, starts_at=NINE))
    build(lake)
    assert (row_at(lake, 9)["reports"], campaign_rows(lake)) == (1, [])
    assert build(lake) == []
