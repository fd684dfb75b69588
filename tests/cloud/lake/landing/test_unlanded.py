"""Retention deletes what the lake has taken over, and everything where there is no lake."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, Table, select

from cloud.database import alert_changes, reading, reports, writing
from cloud.database.partitions import make_partitions
from cloud.database.prices import price_sheets
from cloud.ingest import report_store
from cloud.ingest.retention import RetentionPeriods, apply_retention
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import land_reports
from cloud.lake.landing.unlanded import read_landed_number
from cloud.lake.raw.feeds import FEEDS
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import NOW
from tests.cloud.lake.landing.test_table_rows import add
from tests.cloud.sales.test_price_sheet import sheet, store_sheet

LATER = NINE + timedelta(days=400)


def numbers(engine: Engine, table: Table) -> list[int]:
    with reading(engine) as connection:
        return list(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())


def store(lake: Lake, report: Reports, *found: int) -> None:
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, [report(one) for one in found], NINE)


def test_reports_that_are_not_in_the_lake_stay_until_they_are(
    lake: Lake, report: Reports, capsys: pytest.CaptureFixture[str]
):
    make_partitions(lake.engine, NINE)
    store(lake, report, 1, 2)
    list(land_reports(lake, now=NOW))
    store(lake, report, 3, 4, 5)
    with writing(lake.engine) as connection:
        add(connection, 1)  # a table that was never landed
    swept = apply_retention(lake.engine, RetentionPeriods(), LATER)
    assert (swept["reports"], swept["alert_changes"]) == (2, 0)
    assert numbers(lake.engine, reports) == [3, 4, 5]
    said = capsys.readouterr().err
    waiting = 3 if lake.engine.dialect.name == "postgresql" else 2  # SQLite's last one stays
    assert f"{waiting} rows of reports are past their retention and not in the lake" in said
    assert "1 rows of alert_changes" in said
    for feed in FEEDS:
        list(feed.land(lake, NOW))
    apply_retention(lake.engine, RetentionPeriods(), LATER)
    assert len(numbers(lake.engine, reports)) == 3 - waiting
    assert numbers(lake.engine, alert_changes) == []
    assert capsys.readouterr().err == ""


@SQLITE_ONLY
def test_without_a_lake_rows_are_deleted_by_age(lake: Lake, report: Reports, capsys):
    store(lake, report, 1, 2)
    with reading(lake.engine) as connection:
        assert read_landed_number(connection, reports) is None
    assert apply_retention(lake.engine, RetentionPeriods(), LATER)["reports"] == 1
    assert capsys.readouterr().err == ""


@SQLITE_ONLY
def test_a_lake_that_is_given_up_keeps_no_rows(lake: Lake, report: Reports, capsys):
    store(lake, report, 1)
    list(land_reports(lake, now=NOW))
    store(lake, report, 2, 3)
    swept = apply_retention(lake.engine, RetentionPeriods(), LATER, without_lake=True)
    assert swept["reports"] == 2
    assert capsys.readouterr().err == ""


@SQLITE_ONLY
def test_a_price_sheet_that_is_not_in_the_lake_is_not_deleted(lake: Lake, report: Reports):
    store(lake, report, 1)
    list(land_reports(lake, now=NOW))
    first = NINE.date() - timedelta(days=200)
    with writing(lake.engine) as connection:
        for days in (0, 100, 200):
            store_sheet(connection, sheet(first + timedelta(days=days)))
    assert numbers(lake.engine, price_sheets) == [1, 2, 3]
    for feed in FEEDS:
        list(feed.land(lake, NOW))
    with writing(lake.engine) as connection:
        store_sheet(connection, sheet(first + timedelta(days=201)))
    assert numbers(lake.engine, price_sheets) == [3, 4]
