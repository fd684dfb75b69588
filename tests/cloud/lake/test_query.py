"""Analysts read the tables of any snapshot, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cloud.database import writing
from cloud.ingest import report_store
from cloud.lake.compaction import compact
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import land_reports
from cloud.lake.lifecycle import delete_expired, retire
from cloud.lake.manifest import UnknownSnapshotError
from cloud.lake.query import QueryError, run_query
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.raw.reports import promote_reports
from cloud.lake.storage import open_storage
from tests.cloud.conftest import NINE, Reports
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import NOW

pytestmark = SQLITE_ONLY


@pytest.fixture
def lake(engine: Engine, tmp_path: Path, report: Reports) -> Lake:
    """Two snapshots of one report each."""
    lake = Lake(open_storage(str(tmp_path / "lake")), engine)
    for number in (1, 2):
        with writing(engine) as connection:
            report_store.write_reports(connection, [report(number)], NINE)
        list(land_reports(lake, now=NOW))
        list(promote_reports(lake, now=NOW))
    return lake


def test_a_statement_reads_the_tables_as_they_are_now(lake: Lake):
    result = run_query(
        lake, "SELECT location, sum(visits) AS n FROM raw_audience_reports GROUP BY 1"
    )
    assert result.columns == ("location", "n")
    assert list(result.rows) == [("KX-01", 4)]
    assert result.is_complete


def test_a_statement_reads_an_earlier_snapshot(lake: Lake):
    sql = "SELECT count(*) FROM raw_audience_reports"
    counts = [
        run_query(lake, sql, at={"raw.audience_reports": number}).rows[0][0] for number in (0, 1, 2)
    ]
    assert counts == [0, 1, 2]
    with pytest.raises(UnknownSnapshotError, match="no snapshot 3"):
        run_query(lake, sql, at={"raw.audience_reports": 3})


def test_a_long_result_is_cut_and_says_so(lake: Lake):
    result = run_query(lake, "SELECT range FROM range(100_000_000_000)", limit=4)
    assert [row[0] for row in result.rows] == [0, 1, 2, 3]
    assert not result.is_complete


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/onlooker-stolen.csv'",
        "ATTACH '/tmp/onlooker-stolen.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "EXPORT DATABASE '/tmp/onlooker-stolen'",
        "DELETE FROM raw_audience_reports",
        "SELEC 1",
        "SELECT * FROM no_such_table",
        "",
    ],
)
def test_a_statement_that_does_more_than_read_is_refused(lake: Lake, sql: str):
    with pytest.raises(QueryError):
        run_query(lake, sql)
    assert not list(Path("/tmp").glob("onlooker-stolen*"))


def test_all_tables_are_listed_and_a_name_can_be_built(lake: Lake):
    tables = {row[0] for row in run_query(lake, "SHOW TABLES").rows}
    assert {"raw_audience_reports", "trusted_rule_results", "curated_audience_metrics"} <= tables
    result = run_query(lake, "SELECT count(*) FROM query_table('raw_' || 'audience_reports')")
    assert list(result.rows) == [(2,)]


def test_a_statement_sees_nothing_that_another_created(lake: Lake):
    run_query(lake, "CREATE TEMP TABLE mine AS SELECT 1")
    for sql in ("SELECT * FROM mine", "CREATE TABLE mine AS SELECT 1"):
        with pytest.raises(QueryError):
            run_query(lake, sql)


def test_statements_reach_no_files_addresses_secrets_settings_or_variables(lake: Lake):
    for sql in (
        "SELECT * FROM read_parquet('s3://onlooker/raw/a.parquet')",
        "SELECT * FROM duckdb_secrets()",
        "SET threads = 64",
        "SELECT * FROM connection",  # a variable of Python
        f"SELECT {'(' * 5_000}1{')' * 5_000}",
    ):
        with pytest.raises(QueryError):
            run_query(lake, sql)


def test_an_unknown_table_is_refused_with_how_tables_are_named(lake: Lake):
    with pytest.raises(QueryError, match="Tables are named ZONE_TABLE, such as raw_audience_repo"):
        run_query(lake, "SELECT * FROM raw.audience_reports")


def test_a_statement_that_takes_too_long_is_interrupted(lake: Lake):
    for sql in (
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        "SELECT count(*) FROM range(10_000_000_000) a, range(1_000_000) b",
    ):
        with pytest.raises(QueryError, match="took longer than 0 seconds: read fewer days"):
            run_query(lake, sql, longest=timedelta(milliseconds=20))
    assert run_query(lake, "SELECT 1").rows == [(1,)]


def test_an_expired_snapshot_is_refused(lake: Lake):
    list(compact(lake, RAW_REPORTS, now=NOW, min_files=2))
    retire(lake, now=NOW + timedelta(hours=2))
    assert delete_expired(lake, now=NOW + timedelta(days=15)) == 2
    with pytest.raises(UnknownSnapshotError, match=r"snapshot 2 of raw\.audience_reports has exp"):
        run_query(lake, "FROM raw_audience_reports", at={"raw.audience_reports": 2})
