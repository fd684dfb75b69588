"""Complete hours of devices are landed once, and again when a late heartbeat changes them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from cloud.database import reading
from cloud.database.heartbeats import device_hours
from cloud.ingest.retention import RetentionPeriods, apply_retention
from cloud.lake.lake import Lake
from cloud.lake.landing import device_hours as landing
from cloud.lake.landing.device_hours import DEVICE_HOUR_ROWS, LANDED_HOURS
from cloud.lake.manifest import LakeConflictError
from cloud.lake.reader import read_table
from cloud.lake.writer import append
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.ingest.test_device_hours import beat
from tests.cloud.ingest.test_device_status import NINE, keep

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
COMPLETE = NINE + HOUR + 10 * MINUTE
ONE_BY_ONE = replace(DEVICE_HOUR_ROWS, batch_rows=1)


def land(lake: Lake, now=COMPLETE, source=DEVICE_HOUR_ROWS) -> list[int]:
    """Rows of each snapshot."""
    return [one.rows_added for one in source.land(lake, now=now)]


def landed(lake: Lake, **options) -> list[tuple[int, int]]:
    """Hour and number of heartbeats."""
    rows = read_table(lake, LANDED_HOURS, **options).to_pylist()
    return sorted((row["hour_at"].hour, row["heartbeats"]) for row in rows)


def test_an_hour_is_landed_when_it_is_complete_and_again_when_it_changes(lake: Lake):
    assert land(lake) == []
    keep(lake.engine, beat(1), beat(2, {}), at=NINE + 2 * MINUTE)
    assert land(lake, COMPLETE - timedelta(seconds=1)) == []
    assert land(lake) == [1]
    assert land(lake) == []
    keep(lake.engine, beat(58), beat(61), at=COMPLETE)  # one is late, one of the next hour
    assert land(lake) == [1]
    assert land(lake, COMPLETE + HOUR) == [1]
    assert landed(lake) == [(9, 2), (9, 3), (10, 1)]
    assert landed(lake, at=1) == [(9, 2)]
    (first, *_) = read_table(lake, LANDED_HOURS, at=1).to_pylist()
    assert (first["day"], first["hour_at"], first["least_disk_free_bytes"]) == (
        NINE.date(), NINE, 9_000,
    )  # fmt: skip


def test_a_heartbeat_that_is_counted_while_its_hour_is_landed_is_not_missed(lake: Lake):
    keep(lake.engine, beat(1), beat(-2), at=NINE + MINUTE)
    run = ONE_BY_ONE.land(lake, now=COMPLETE)
    next(run)
    keep(lake.engine, beat(2), beat(-1), at=COMPLETE)
    assert [one.rows_added for one in run] == [1]
    assert land(lake) == [1]
    assert landed(lake) == [(8, 1), (8, 2), (9, 2)]


@SQLITE_ONLY
def test_two_programs_at_once_do_not_land_an_hour_twice(lake: Lake, monkeypatch):
    keep(lake.engine, beat(1), at=NINE + MINUTE)

    def append_second(*arguments, **options):
        """Between the reading and the commit of one program, another one lands the rows."""
        monkeypatch.undo()
        assert land(lake) == [1]
        return append(*arguments, **options)

    monkeypatch.setattr(landing, "append", append_second)
    with pytest.raises(LakeConflictError, match="rows of device_hours: run it again"):
        land(lake)
    assert landed(lake) == [(9, 1)]
    assert land(lake) == []


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(device_hours)).scalar_one()


@SQLITE_ONLY
def test_retention_deletes_the_hours_that_the_lake_has(lake: Lake, capsys):
    later = NINE + timedelta(days=31)
    keep(lake.engine, beat(1), at=NINE + MINUTE)
    land(lake)
    keep(lake.engine, beat(61), at=NINE + HOUR)
    assert apply_retention(lake.engine, RetentionPeriods(), later)["device_hours"] == 1
    assert count(lake.engine) == 1
    assert "1 rows of device_hours are past their retention and not in the" in (
        capsys.readouterr().err
    )
    apply_retention(lake.engine, RetentionPeriods(), later, without_lake=True)
    assert count(lake.engine) == 0
