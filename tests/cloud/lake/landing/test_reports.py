"""Committed reports are landed once each, in batches, on both databases."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from cloud.database import reports, writing
from cloud.ingest import report_store
from cloud.ingest.retention import RetentionPeriods, apply_retention
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS, land_reports
from cloud.lake.manifest import LakeConflictError
from cloud.lake.reader import read_table
from cloud.lake.storage import open_storage
from tests.cloud.conftest import NINE, Reports
from tests.cloud.lake.conftest import NOW


@pytest.fixture
def lake(engine: Engine, tmp_path: Path) -> Lake:
    return Lake(open_storage(str(tmp_path / "lake")), engine)


def store(lake: Lake, report: Reports, numbers: range, **more) -> None:
    with writing(lake.engine) as connection:
        report_store.write_reports(connection, [report(one, **more) for one in numbers], NINE)


def landed(lake: Lake) -> list[int]:
    return sorted(read_table(lake, LANDED_REPORTS).column("first_sequence").to_pylist())


def test_each_report_is_landed_once(lake: Lake, report: Reports):
    store(lake, report, range(1, 6))
    assert [one.rows_added for one in land_reports(lake, now=NOW, batch_rows=2)] == [2, 2, 1]
    assert list(land_reports(lake, now=NOW)) == []
    store(lake, report, range(6, 8))
    assert [one.rows_added for one in land_reports(lake, now=NOW)] == [2]
    assert landed(lake) == [1, 2, 3, 4, 5, 6, 7]


def test_the_row_is_as_it_was_received(lake: Lake, report: Reports):
    store(lake, report, range(1, 2))
    list(land_reports(lake, now=NOW))
    (row,) = read_table(lake, LANDED_REPORTS).to_pylist()
    assert row["day"] == NINE.date()
    assert (row["device"], row["starts_at"], row["received_at"]) == ("kx-01-cam-1", NINE, NINE)
    assert '"visits":2' in row["body"]


def test_a_late_report_belongs_to_the_day_of_its_interval(lake: Lake, report: Reports):
    store(lake, report, range(1, 2))
    store(lake, report, range(2, 3), starts_at=NINE - timedelta(days=40))
    list(land_reports(lake, now=NOW))
    days = sorted(read_table(lake, LANDED_REPORTS).column("day").to_pylist())
    assert days == [(NINE - timedelta(days=40)).date(), NINE.date()]


def test_an_interrupted_run_goes_on_where_it_stopped(lake: Lake, report: Reports):
    store(lake, report, range(1, 6))
    next(land_reports(lake, now=NOW, batch_rows=2))
    assert sum(one.rows_added for one in land_reports(lake, now=NOW)) == 3
    assert landed(lake) == [1, 2, 3, 4, 5]


def test_two_programs_at_once_land_each_report_once(lake: Lake, report: Reports):
    store(lake, report, range(1, 6))
    first, second = (land_reports(lake, now=NOW, batch_rows=2) for _ in range(2))
    next(first)
    next(second)
    with pytest.raises(LakeConflictError, match=r"taken over rows of database\.reports"):
        list(first)
    list(second)
    assert landed(lake) == [1, 2, 3, 4, 5]


def test_rows_that_the_database_has_deleted_stay_landed(lake: Lake, report: Reports):
    store(lake, report, range(1, 4))
    list(land_reports(lake, now=NOW))
    with writing(lake.engine) as connection:
        connection.execute(delete(reports))
    assert list(land_reports(lake, now=NOW)) == []
    assert landed(lake) == [1, 2, 3]


def test_reports_after_a_month_without_any_are_landed(lake: Lake, report: Reports):
    store(lake, report, range(1, 6))
    list(land_reports(lake, now=NOW))
    apply_retention(lake.engine, RetentionPeriods(), NINE + timedelta(days=31))
    store(lake, report, range(6, 8), starts_at=NINE + timedelta(days=31))
    assert sum(one.rows_added for one in land_reports(lake, now=NOW)) == 2
    assert landed(lake) == [1, 2, 3, 4, 5, 6, 7]
