"""Changed days reach the trusted zone; what is quarantined or refused stops nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cloud.database import reading, writing
from cloud.lake.compaction import compact
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import drop_days
from cloud.lake.manifest import (
    LakeConflictError,
    Operation,
    commit,
    read_current,
    read_files,
    read_snapshots,
)
from cloud.lake.raw.audience import RAW_REPORTS, RAW_SENSORS
from cloud.lake.reader import read_table
from cloud.lake.tables import DAY
from cloud.lake.trusted.contract import QualityRule
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import TableDay, promote_days, read_stopped_days
from cloud.lake.trusted.retention import drop_expired_days
from cloud.lake.trusted.tables import ROW_QUARANTINE, RULE_RESULTS, TRUSTED_TABLES
from cloud.lake.verification import verify
from cloud.lake.writer import append_all, publish_file
from tests.cloud.conftest import NINE
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import NOW
from tests.cloud.lake.trusted.rows import RECEIVED, Rows, build_rows, merge, to_raw

pytestmark = SQLITE_ONLY
TODAY = NINE.date()
YESTERDAY = TODAY - timedelta(days=1)
REPORTS, _, _, SENSORS, *_ = TRUSTED_TABLES
REPORTS_CONTRACT = contracted_tables()[0].contract
TABLES = [one for one in contracted_tables() if one.target in (REPORTS, SENSORS)]


def add(lake: Lake, *reports: Rows) -> None:
    """Add the reports and sensors of these rows."""
    rows = merge(*reports)
    append_all(lake, [to_raw(one.source.name, rows[one.source.name]) for one in TABLES], now=NOW)


def promote(lake: Lake) -> dict[tuple[str, date], TableDay]:
    days = promote_days(lake, TABLES, now=NOW)
    return {(one.table_name.rpartition("_")[2], one.day): one for one in days}


def numbers(lake: Lake, table=REPORTS) -> list[int]:
    return sorted(read_table(lake, table).column("first_sequence").to_pylist())


def yesterday(number: int) -> Rows:
    return build_rows(number, starts_at=NINE - timedelta(days=1))


def poisoned(number: int) -> Rows:
    rows = build_rows(number)
    rows["audience_reports"][0]["person_ms"] = -1
    return rows


def test_whole_days_are_promoted_once_and_late_rows_promote_their_day_again(lake: Lake):
    add(lake, build_rows(1), yesterday(2), poisoned(3))
    found = promote(lake)
    assert found["reports", TODAY] == TableDay("trusted.audience_reports", TODAY, 1, 1)
    assert found["sensors", YESTERDAY] == TableDay("trusted.audience_sensors", YESTERDAY, 1, 0)
    assert {row["rule"] for row in read_table(lake, ROW_QUARANTINE).to_pylist()} == {
        "counts_not_negative", "belongs_to_report",
    }  # fmt: skip
    results = read_table(lake, RULE_RESULTS).to_pylist()
    (failed,) = [one for one in results if one["outcome"] == "failed"
                 and one["table_name"] == "trusted.audience_reports"]  # fmt: skip
    assert (failed["rule"], failed["rows_checked"], failed["rows_failed"]) == (
        "counts_not_negative", 2, 1,
    )  # fmt: skip
    assert promote(lake) == {}
    add(lake, yesterday(4))
    assert {day for _, day in promote(lake)} == {YESTERDAY}
    assert numbers(lake) == numbers(lake, SENSORS) == [1, 2, 4]
    with reading(lake.engine) as connection:
        assert len(read_files(connection, REPORTS.full_name)) == 2


def test_the_same_rows_give_the_same_bytes_and_no_snapshot(lake: Lake):
    for number in range(1, 5):
        add(lake, build_rows(number))
    promote(lake)
    with reading(lake.engine) as connection:
        (before,) = read_files(connection, REPORTS.full_name)
    list(compact(lake, RAW_REPORTS, now=NOW))
    assert promote(lake) == {}
    add(lake, yesterday(5))
    append_all(lake, [to_raw("audience_reports", build_rows(4)["audience_reports"])], now=NOW)
    found = promote(lake)
    assert found["reports", TODAY].quarantined == 1
    with reading(lake.engine) as connection:
        assert before in read_files(connection, REPORTS.full_name)
        assert read_current(connection, REPORTS.full_name) == 2


def test_too_many_quarantined_rows_stop_their_day_alone(lake: Lake):
    add(lake, build_rows(1))
    promote(lake)
    add(lake, yesterday(2), *map(poisoned, range(3, 23)))
    found = promote(lake)
    stopped = found["reports", TODAY]
    assert stopped.stopped is not None
    assert stopped.stopped.startswith(
        "20 of 21 rows are quarantined; the contract allows 5 %. Repair the rows"
    )
    assert found["sensors", TODAY].stopped == (
        "the day of trusted.audience_reports, whose parts these are, is not promoted"
    )
    assert found["reports", YESTERDAY].promoted == 1
    assert numbers(lake) == numbers(lake, SENSORS) == [1, 2]  # the day keeps what it has
    assert read_stopped_days(lake) == {TODAY}
    later = RECEIVED + timedelta(hours=1)
    add(lake, *(build_rows(number, received_at=later) for number in range(3, 23)))
    assert promote(lake)["reports", TODAY].promoted == 21
    assert read_stopped_days(lake) == set()
    assert numbers(lake, SENSORS) == list(range(1, 23))


def change_after_commit(lake: Lake, day: date) -> None:
    with reading(lake.engine) as connection:
        (file,) = read_files(connection, RAW_SENSORS.full_name, days=[day])
    path = Path(lake.storage.locate(file.path))
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def commit_file(lake: Lake, day: date, rows: pa.Table, *, cut: bool = False) -> None:
    """Commit a file as another program could have written it."""
    staged = lake.storage.stage()
    pq.write_table(rows, staged)
    if cut:
        staged.write_bytes(staged.read_bytes()[:-9])
    file = publish_file(lake.storage, RAW_SENSORS, day, staged, rows)
    with writing(lake.engine) as connection:
        commit(connection, RAW_SENSORS.full_name, Operation.APPEND, added=[file], now=NOW)


def test_a_trusted_file_that_is_damaged_is_written_again_by_a_replay(lake: Lake):
    add(lake, build_rows(1))
    promote(lake)
    with reading(lake.engine) as connection:
        (file,) = read_files(connection, REPORTS.full_name)
    lake.storage.delete(file.path)
    list(promote_days(lake, TABLES, now=NOW, also=[TODAY]))
    assert numbers(lake) == [1]
    with reading(lake.engine) as connection:
        assert read_files(connection, REPORTS.full_name) == [file]
    assert list(verify(lake)) == []


def test_a_file_that_cannot_be_read_stops_its_day_of_its_table_alone(lake: Lake):
    days = [TODAY - timedelta(days=number) for number in range(5)]
    add(lake, *(build_rows(1 + n, starts_at=NINE - timedelta(days=n)) for n in range(5)))
    rows = to_raw("audience_sensors", build_rows(9)["audience_sensors"])[1].drop_columns([DAY])
    lacking = rows.drop_columns(["samples"])
    change_after_commit(lake, days[1])
    commit_file(lake, days[2], rows, cut=True)
    commit_file(lake, days[3], lacking)
    commit_file(lake, days[4], lacking.append_column("samples", [["many"]]))
    found = promote(lake)
    reasons = [found["sensors", day].stopped or "" for day in days]
    assert reasons[0] == ""
    for reason, day, part in zip(reasons[1:], days[1:], (
        "is changed: SHA-256",
        "is not readable as Parquet",
        "column samples is missing; expected int64",
        "found column samples of type string; expected int64",
    ), strict=True):  # fmt: skip
        assert reason.startswith(f"raw/audience_sensors/day={day}/")
        assert part in reason
    assert (numbers(lake), numbers(lake, SENSORS)) == ([1, 2, 3, 4, 5], [1])
    results = [one for one in read_table(lake, RULE_RESULTS).to_pylist() if one["reason"]]
    assert {(one["outcome"], one["rule"]) for one in results} == {("stopped", "files_readable")}
    assert {day for _, day in promote(lake)} == set(days[1:])  # tried again with the next run


def test_a_day_whose_raw_rows_were_deleted_by_retention_keeps_its_rows(lake: Lake):
    add(lake, build_rows(1), yesterday(2), poisoned(3))
    promote(lake)
    for one in TABLES:
        drop_days(lake, one.source, before=TODAY, now=NOW)
    assert promote(lake) == {}
    assert numbers(lake) == numbers(lake, SENSORS) == [1, 2]
    retention = REPORTS_CONTRACT.retention
    later = datetime.combine(TODAY, time(3), UTC) + retention
    dropped = {
        one.table_name: one.rows_removed for one in drop_expired_days(lake, TABLES, now=later)
    }
    assert dropped["trusted.audience_reports"] == 1
    assert "raw.audience_reports" not in dropped
    assert numbers(lake) == numbers(lake, SENSORS) == [1]
    assert {*drop_expired_days(lake, TABLES, now=later)} == set()


def test_a_rule_that_was_repaired_is_applied_to_earlier_days(lake: Lake):
    strict = QualityRule("few_visits", "accuracy", "At most one visit.", "visits <= 1")
    reports, sensors = TABLES
    contract = replace(reports.contract, rules=(*reports.contract.rules, strict))
    add(lake, build_rows(1))
    list(promote_days(lake, [replace(reports, contract=contract), sensors], now=NOW))
    assert numbers(lake) == numbers(lake, SENSORS) == []
    assert promote(lake) == {}  # the rows have not changed
    for _ in range(2):
        found = list(promote_days(lake, TABLES, now=NOW, also=[TODAY]))
        assert [(one.promoted, one.quarantined) for one in found] == [(1, 0), (1, 0)]
    assert numbers(lake) == numbers(lake, SENSORS) == [1]
    assert read_table(lake, ROW_QUARANTINE).num_rows == 0
    with reading(lake.engine) as connection:
        assert read_current(connection, REPORTS.full_name) == 1


def test_two_programs_at_once_promote_each_row_once(lake: Lake):
    add(lake, build_rows(1), yesterday(2))
    first = promote_days(lake, TABLES, now=NOW)
    next(first)  # has promoted the first day
    promote(lake)
    with pytest.raises(LakeConflictError, match="run it again"):
        list(first)
    assert promote(lake) == {}
    assert numbers(lake) == numbers(lake, SENSORS) == [1, 2]
    with reading(lake.engine) as connection:
        assert len(read_snapshots(connection, REPORTS.full_name)) == 2
