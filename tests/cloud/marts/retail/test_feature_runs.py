"""The figures of a run are stored, and replaced when the day is built again."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
from sqlalchemy import Engine

from cloud.database import reading, writing
from cloud.marts.retail.feature_runs import (
    describe_run,
    read_feature_runs,
    write_feature_run,
)
from tests.cloud.databases import SQLITE_ONLY

NOW = datetime(2026, 1, 6, 3, tzinfo=UTC)
DAY = date(2026, 1, 5)


def describe(ages: list[int]):
    known = pa.array([None if age > 5 else age for age in ages], pa.int64())
    rows = pa.table({"data_age_days": pa.array(ages, pa.int64()), "inventory": known,
                     "store": pa.array(["s"] * len(ages), pa.string())})  # fmt: skip
    return describe_run(rows, as_of=DAY, version="abc", built_at=NOW)


def test_a_run_counts_stale_rows_and_nulls():
    run = describe([0, 1, 9, 9])
    assert (run.rows, run.stores, run.stale_rows, run.median_age_days) == (4, 1, 2, 1)
    assert run.null_shares == {"inventory": 0.5}
    assert describe([]).median_age_days is None


@SQLITE_ONLY
def test_a_run_replaces_that_of_the_same_day(engine: Engine):
    run = describe([0])
    with writing(engine) as connection:
        write_feature_run(connection, run)
        write_feature_run(connection, replace(run, rows=7))
        write_feature_run(connection, replace(run, as_of=date(2026, 1, 6)))
    with reading(engine) as connection:
        found = read_feature_runs(connection)
    assert [(one.as_of.day, one.rows) for one in found] == [(6, 1), (5, 7)]
