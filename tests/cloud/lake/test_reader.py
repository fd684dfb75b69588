"""A snapshot as DuckDB and Arrow read it, across versions of the schema."""

from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.reader import create_view, read_table, to_dataset
from cloud.lake.tables import LakeColumn, LakeTable
from cloud.lake.writer import append
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW, READINGS, readings

pytestmark = SQLITE_ONLY
DWELL = LakeColumn("dwell_ms", pa.int64(), "how long", nullable=True, since=2)
NEWER = replace(READINGS, columns=(*READINGS.columns, DWELL))


def query(lake: Lake, table: LakeTable, sql: str, days: list[date] | None = None) -> list[tuple]:
    with reading(lake.engine) as connection:
        files = read_files(connection, table.full_name, days=days)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        create_view(connection, lake.storage, table, files)
        return connection.execute(sql).fetchall()


def test_a_query_reads_the_listed_files_alone(lake: Lake):
    append(lake, READINGS, readings((DAY_1, "KX-01", 8, 5), (DAY_2, "KX-01", 8, 7)), now=NOW)
    staged = lake.storage.stage()
    staged.write_bytes(b"not even Parquet")
    lake.storage.publish(staged, "raw/readings/day=2026-11-18/unlisted.parquet")
    assert query(lake, READINGS, "SELECT day, visits FROM raw_readings ORDER BY day") == [
        (DAY_1, 5), (DAY_2, 7),
    ]  # fmt: skip
    assert query(lake, READINGS, "SELECT sum(visits) FROM raw_readings", [DAY_2]) == [(7,)]


def test_a_table_without_files_is_empty(lake: Lake):
    assert query(lake, READINGS, "SELECT count(*), sum(visits) FROM raw_readings") == [(0, None)]
    assert read_table(lake, READINGS).column_names == ["location", "read_at", "visits", "day"]


@pytest.mark.parametrize("newer_rows", [False, True])
def test_a_column_that_was_added_later_is_null_in_older_files(lake: Lake, newer_rows: bool):
    append(lake, READINGS, readings((DAY_1, "KX-01", 8, 5)), now=NOW)
    expected = [(5, None)]
    if newer_rows:
        rows = readings((DAY_1, "KX-01", 9, 6)).append_column("dwell_ms", [[900]])
        append(lake, NEWER, rows, now=NOW)
        expected.append((6, 900))
    sql = "SELECT visits, dwell_ms FROM raw_readings ORDER BY visits"
    assert query(lake, NEWER, sql) == expected
    assert sorted(read_table(lake, NEWER).column("visits").to_pylist()) == [5, 6][: len(expected)]


def test_names_with_quotes_are_only_text(lake: Lake, tmp_path):
    from cloud.lake.storage import open_storage

    odd = Lake(open_storage(str(tmp_path / "o'brien")), lake.engine)
    append(odd, READINGS, readings((DAY_1, "K'X", 8, 5)), now=NOW)
    assert query(odd, READINGS, "SELECT location FROM raw_readings") == [("K'X",)]


def test_arrow_and_duckdb_read_the_same(lake: Lake):
    append(lake, READINGS, readings((DAY_1, "KX-01", 8, 5), (DAY_2, "LB-01", 8, 7)), now=NOW)
    with reading(lake.engine) as connection:
        files = read_files(connection, "raw.readings")
    arrow = to_dataset(lake.storage, READINGS, files).to_table().to_pylist()
    found = query(lake, READINGS, "SELECT * FROM raw_readings ORDER BY location")
    assert [tuple(row.values()) for row in arrow] == found


def test_a_view_replaces_another_of_its_name(lake: Lake):
    append(lake, READINGS, readings((DAY_1, "KX-01", 8, 5)), now=NOW)
    with reading(lake.engine) as manifest:
        files = read_files(manifest, "raw.readings")
    with duckdb.connect() as connection:
        for some, expected in ((files, 1), ([], 0), ([], 0), (files, 1)):
            create_view(connection, lake.storage, READINGS, some, name="source")
            assert connection.sql("SELECT count(*) FROM source").fetchall() == [(expected,)]
