"""Snapshots, what changed between them, and writers that meet."""

import threading
from datetime import date
from typing import Any

import pytest

from cloud.database import reading, writing
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    DataFile,
    LakeConflictError,
    Operation,
    UnknownSnapshotError,
    commit,
    read_changed_days,
    read_current,
    read_files,
    read_snapshots,
)
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW

TABLE = "raw.readings"


def file(name: str, day: date = DAY_1, rows: int = 1) -> DataFile:
    return DataFile(name, day, rows, 100, "0" * 64, 1, {"visits": (1, 9)})


def change(lake: Lake, operation: Operation = Operation.APPEND, **files: Any) -> int:
    with writing(lake.engine) as connection:
        return commit(connection, TABLE, operation, now=NOW, **files).number


def names(lake: Lake, **of: Any) -> list[str]:
    with reading(lake.engine) as connection:
        return [one.path for one in read_files(connection, TABLE, **of)]


def test_every_snapshot_can_be_read(lake: Lake):
    change(lake, added=[file("a"), file("b", DAY_2)])
    change(lake, added=[file("c")])
    change(lake, Operation.COMPACT, added=[file("ac", rows=2)], removed=[file("a"), file("c")])
    assert [names(lake, at=number) for number in range(4)] == [
        [], ["a", "b"], ["a", "c", "b"], ["ac", "b"],
    ]  # fmt: skip
    assert names(lake) == ["ac", "b"]
    assert names(lake, days=[DAY_2]) == ["b"]
    with reading(lake.engine) as connection:
        assert [one.operation for one in read_snapshots(connection, TABLE)] == [
            "append", "append", "compact",
        ]  # fmt: skip
        assert read_files(connection, TABLE)[0] == file("ac", rows=2)


@pytest.mark.parametrize("number", [-1, 1, 2**40])
def test_a_snapshot_that_was_never_made_is_unknown(lake: Lake, number: int):
    with pytest.raises(UnknownSnapshotError, match=rf"no snapshot {number}: its newest is 0"):
        names(lake, at=number)


def test_compaction_changes_no_day(lake: Lake):
    change(lake, added=[file("a"), file("b", DAY_2)])
    change(lake, Operation.COMPACT, added=[file("a2")], removed=[file("a")])
    change(lake, Operation.REPLACE, added=[file("b2", DAY_2)], removed=[file("b", DAY_2)])
    with reading(lake.engine) as connection:
        assert read_changed_days(connection, TABLE, after=0, until=1) == [DAY_1, DAY_2]
        assert read_changed_days(connection, TABLE, after=1, until=2) == []
        assert read_changed_days(connection, TABLE, after=1, until=3) == [DAY_2]
        assert read_changed_days(connection, TABLE, after=3, until=3) == []


def test_files_that_another_program_replaced_are_a_conflict(lake: Lake):
    change(lake, added=[file("a"), file("b")])
    change(lake, Operation.COMPACT, added=[file("ab")], removed=[file("a"), file("b")])
    with pytest.raises(LakeConflictError, match=r"2 of 2 files of raw\.readings were replaced"):
        change(lake, Operation.COMPACT, added=[file("ba")], removed=[file("a"), file("b")])
    assert names(lake) == ["ab"]


def test_writers_that_meet_commit_one_after_the_other(lake: Lake):
    both = threading.Barrier(2)

    def write(name: str) -> None:
        both.wait()
        for number in range(20):
            change(lake, added=[file(f"{name}-{number}")])

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(lake)) == 40
    with reading(lake.engine) as connection:
        assert read_current(connection, TABLE) == 40
        assert read_current(connection, "raw.other") == 0
