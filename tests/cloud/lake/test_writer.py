"""Rows are added completely, once, and only as the table defines them."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError, read_files, read_position, write_position
from cloud.lake.reader import read_table
from cloud.lake.tables import SchemaMismatchError
from cloud.lake.writer import append
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW, READINGS, readings

ROWS = readings((DAY_2, "KX-01", 8, 5), (DAY_1, "LB-01", 9, 2), (DAY_1, "KX-01", 9, 7))


def test_rows_are_written_by_day_and_sorted(lake: Lake):
    snapshot = append(lake, READINGS, ROWS, now=NOW)
    assert snapshot is not None
    assert (snapshot.number, snapshot.rows_added, snapshot.committed_at) == (1, 3, NOW)
    with reading(lake.engine) as connection:
        files = read_files(connection, "raw.readings")
    assert [(file.day, file.rows) for file in files] == [(DAY_1, 2), (DAY_2, 1)]
    assert files[0].bounds["location"] == ("KX-01", "LB-01")
    assert files[0].path.startswith("raw/readings/day=2026-11-18/")
    assert read_table(lake, READINGS).column("visits").to_pylist() == [7, 2, 5]


def test_another_reader_reads_the_file_that_is_listed(lake: Lake):
    append(lake, READINGS, ROWS, now=NOW)
    with reading(lake.engine) as connection:
        file = read_files(connection, "raw.readings")[0]
    content = pq.ParquetFile(lake.storage.locate(file.path))
    assert content.metadata.row_group(0).column(0).compression == "ZSTD"
    assert content.read().column("location").to_pylist() == ["KX-01", "LB-01"]
    assert Path(lake.storage.locate(file.path)).stat().st_size == file.size_bytes


def test_nothing_is_written_of_rows_that_do_not_fit(lake: Lake):
    with pytest.raises(SchemaMismatchError):
        append(lake, READINGS, ROWS.drop_columns(["visits"]), now=NOW)
    assert list(lake.storage.list_files()) == []
    assert len(read_table(lake, READINGS)) == 0


def test_no_rows_make_no_snapshot_but_the_position_moves(lake: Lake):
    none = ROWS.slice(0, 0)
    found = append(
        lake, READINGS, none, now=NOW,
        meanwhile=lambda connection: write_position(
            connection, "raw.readings", "reports", 7, before=0
        ),
    )  # fmt: skip
    assert found is None
    with reading(lake.engine) as connection:
        assert read_position(connection, "raw.readings", "reports") == 7


def test_rows_are_taken_over_once(lake: Lake):
    def take_over() -> None:
        append(
            lake, READINGS, ROWS, now=NOW,
            meanwhile=lambda connection: write_position(
                connection, "raw.readings", "reports", 3, before=0
            ),
        )  # fmt: skip

    take_over()
    with pytest.raises(LakeConflictError, match="another program has taken over rows of reports"):
        take_over()
    assert len(read_table(lake, READINGS)) == 3


def test_a_commit_that_fails_leaves_the_earlier_snapshot(lake: Lake):
    append(lake, READINGS, ROWS, now=NOW)

    def fail(_: object) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        append(lake, READINGS, ROWS, now=NOW, meanwhile=fail)
    assert len(read_table(lake, READINGS)) == 3
