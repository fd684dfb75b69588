"""The same rows in fewer files, sorted; damage stops the day alone."""

import re
from pathlib import Path

import pytest

from cloud.database import reading
from cloud.lake import compaction
from cloud.lake.compaction import CompactedDay, compact
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files, read_snapshots
from cloud.lake.reader import read_table
from cloud.lake.writer import append
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW, READINGS, readings


@pytest.fixture
def filled(lake: Lake) -> Lake:
    for hour in range(5):
        append(lake, READINGS, readings((DAY_1, f"L-{9 - hour}", hour, hour)), now=NOW)
    append(lake, READINGS, readings((DAY_2, "KX-01", 0, 100)), now=NOW)
    return lake


@pytest.mark.parametrize("in_memory_rows", [4, 5])
def test_a_day_of_many_files_becomes_one_sorted_file(
    filled: Lake, monkeypatch: pytest.MonkeyPatch, in_memory_rows: int
):
    monkeypatch.setattr(compaction, "IN_MEMORY_ROWS", in_memory_rows)
    before = read_table(filled, READINGS)
    days = list(compact(filled, READINGS, now=NOW))
    assert days == [CompactedDay("raw.readings", DAY_1, 5)]
    with reading(filled.engine) as connection:
        snapshot = read_snapshots(connection, "raw.readings")[-1]
        files = read_files(connection, "raw.readings")
    assert (snapshot.rows_added, snapshot.rows_removed) == (5, 5)
    assert [(file.day, file.rows) for file in files] == [(DAY_1, 5), (DAY_2, 1)]
    after = read_table(filled, READINGS)
    order = [("day", "ascending"), ("location", "ascending")]
    assert after.equals(before.sort_by(order))
    assert read_table(filled, READINGS, at=6).num_rows == 6


def test_days_of_few_files_are_left_alone(filled: Lake):
    assert list(compact(filled, READINGS, now=NOW, min_files=6)) == []


def test_a_second_run_finds_nothing_to_do(filled: Lake):
    assert len(list(compact(filled, READINGS, now=NOW))) == 1
    assert list(compact(filled, READINGS, now=NOW)) == []


@pytest.mark.parametrize("damage", ["change", "truncate", "delete"])
def test_a_damaged_file_is_never_taken_over(filled: Lake, damage: str):
    with reading(filled.engine) as connection:
        path = Path(filled.storage.locate(read_files(connection, "raw.readings")[0].path))
    content = bytearray(path.read_bytes())
    if damage == "change":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "truncate":
        path.write_bytes(content[:-7])
    else:
        path.unlink()
    (day,) = compact(filled, READINGS, now=NOW)
    assert day.stopped is not None
    assert re.search(f"{path.name} is (changed|missing)", day.stopped)
    with reading(filled.engine) as connection:
        assert len(read_files(connection, "raw.readings")) == 6
