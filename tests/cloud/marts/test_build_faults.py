"""Several programs at once, damaged files and values that do not fit leave no half-built day."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pytest
from sqlalchemy import Engine

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError, read_files
from cloud.lake.storage import open_storage
from cloud.lake.tables import LakeTable
from cloud.lake.verification import verify
from cloud.marts.build import DAILY_MARTS, TRUSTED_REPORTS, build_changed_days
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import MartInputs, MartValueError
from tests.cloud.conftest import Reports
from tests.cloud.marts.audience_rows import FIRST, NOW, sites, trust
from tests.cloud.marts.mart_days import NINE, build, checksums, observed, one, row_at


@dataclass
class _Interrupted:
    """An engine that another program overtakes before its first statement ends."""

    lake: Lake
    is_first: bool = True

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        if self.is_first:
            self.is_first = False
            build(self.lake)
        return DuckDbEngine().run(sql, inputs, result)


def test_of_two_programs_at_once_one_is_refused(
    engine: Engine, tmp_path: Path, report: Reports
) -> None:
    lake = Lake(open_storage(str(tmp_path / "lake")), engine)
    trust(lake, one(report))
    with pytest.raises(LakeConflictError, match="run it again"):
        list(build_changed_days(lake, _Interrupted(lake), sites(), now=NOW))
    assert row_at(lake, 9)["reports"] == 1
    assert build(lake) == []


@dataclass(frozen=True)
class _Simultaneous:
    """An engine whose statements end at the same time as those of another program."""

    barrier: Barrier

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        rows = DuckDbEngine(threads=1).run(sql, inputs, result)
        self.barrier.wait(timeout=30)
        return rows


def test_programs_that_commit_at_the_same_time_give_each_day_once(
    engine: Engine, tmp_path: Path, report: Reports
) -> None:
    lake = Lake(open_storage(str(tmp_path / "lake")), engine)
    trust(lake, one(report))
    both = _Simultaneous(Barrier(2))

    def run(_: int) -> LakeConflictError | None:
        try:
            list(build_changed_days(lake, both, sites(), now=NOW))
        except LakeConflictError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as pool:
        errors = [error for error in pool.map(run, range(2)) if error is not None]
    assert len(errors) == 1
    assert [len(checksums(lake, mart)) for mart in DAILY_MARTS] == [0, 1, 0]
    assert row_at(lake, 9)["reports"] == 1
    assert build(lake) == []


def test_a_day_with_a_damaged_file_is_left_until_it_is_restored(lake: Lake) -> None:
    trust(lake, observed(1, 3), observed(2, 4, starts_at=NINE + timedelta(days=1)))
    with reading(lake.engine) as connection:
        file, _ = read_files(connection, TRUSTED_REPORTS.full_name)
    damaged = Path(lake.storage.locate(file.path))
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1])
    engine = DuckDbEngine()
    first, second = build_changed_days(lake, engine, sites(), now=NOW)
    assert (first.day, first.rows, second.stopped) == (FIRST, {}, None)
    assert first.stopped is not None
    assert "is changed" in first.stopped
    (first,) = build_changed_days(lake, engine, sites(), now=NOW)
    assert first.stopped is not None
    damaged.write_bytes(content)
    assert build(lake) == [FIRST]
    assert build(lake) == []


class _Overflowing:
    """An engine on which the last mart of a day cannot be computed."""

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        if result == DAILY_MARTS[-1]:
            raise MartValueError("a sum does not fit")
        return DuckDbEngine(threads=1).run(sql, inputs, result)


def test_a_day_that_stops_at_its_last_mart_leaves_no_file(lake: Lake, report: Reports) -> None:
    trust(lake, one(report))
    (built,) = build_changed_days(lake, _Overflowing(), sites(), now=NOW)
    assert built.stopped is not None
    assert "a sum does not fit" in built.stopped
    assert [checksums(lake, mart) for mart in DAILY_MARTS] == [[], [], []]
    assert list(verify(lake)) == []
    assert build(lake) == [FIRST]
