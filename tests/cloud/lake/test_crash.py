"""Programs that are killed at any moment lose no row, double none and leave no damaged file."""

import os
import random
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from cloud.database import connect, reading
from cloud.lake.compaction import compact
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import delete_expired, delete_unlisted, retire
from cloud.lake.manifest import read_current, read_position, write_position
from cloud.lake.reader import SQL_TYPES, read_table
from cloud.lake.storage import open_storage
from cloud.lake.tables import Zone
from cloud.lake.trusted.contract import Contract, ContractColumn, DayLimits, QualityRule
from cloud.lake.trusted.contracted_tables import ContractedTable
from cloud.lake.trusted.promotion import promote_days
from cloud.lake.trusted.tables import ROW_QUARANTINE
from cloud.lake.verification import Fault, verify
from cloud.lake.writer import append
from tests.cloud.databases import new_database
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW, READINGS, readings

Work = Callable[[Lake], None]
KILLS = 100
ROWS = 3
TRUSTED = replace(READINGS, zone=Zone.TRUSTED)
READINGS_CONTRACT = Contract(
    table_name=TRUSTED.full_name, title="Readings", version="1", status="active", owner="tests",
    purpose="-", usage="-", limitations="-",
    columns=tuple(
        ContractColumn(one.name, SQL_TYPES[one.type], one.description, True)
        for one in READINGS.columns
    ),
    identity=("location", "read_at", "visits"),
    rules=(QualityRule("not_negative", "accuracy", "Visits are counted.", "visits >= 0"),),
    freshness=timedelta(hours=1), retention=timedelta(days=1),
    limits=DayLimits(
        max_quarantined_percent=100, min_quarantined_rows=1,
        row_count_history_days=7, row_count_tolerance_percent=50,
    ),
)  # fmt: skip
PROMOTED = (ContractedTable(READINGS, TRUSTED, READINGS_CONTRACT),)


def open_lake(folder: Path) -> Lake:
    return Lake(open_storage(str(folder / "lake")), connect(f"sqlite:///{folder}/onlooker.db"))


def fill(lake: Lake) -> None:
    """Append numbered rows, compact, retire and delete."""
    with reading(lake.engine) as connection:
        done = read_position(connection, "raw.readings", "numbers")
    for number in range(done, done + 2):
        rows = readings(*((day, "KX-01", number % 24, number) for day in (DAY_1, DAY_2, DAY_1)))
        append(
            lake, READINGS, rows, now=NOW,
            meanwhile=lambda connection, at=number: write_position(
                connection, "raw.readings", "numbers", at + 1, before=at
            ),
        )  # fmt: skip
    list(compact(lake, READINGS, now=NOW))
    retire(lake, now=NOW, grace=timedelta(0))
    delete_expired(lake, now=NOW, time_travel=timedelta(0))


def promote(lake: Lake) -> None:
    """Promote both days, of which the first has each row twice: one of them is quarantined."""
    list(promote_days(lake, PROMOTED, now=NOW, also=(DAY_1, DAY_2)))


PROGRAMS = (*[fill] * 4, promote)
ROUNDS = 1.2
"""The longest life of a program, in rounds of its work."""


def find_trusted(lake: Lake) -> dict[date, list[int]]:
    """The numbers of the trusted rows by day."""
    rows = read_table(lake, TRUSTED).to_pylist()
    days = {row["day"] for row in rows}
    return {day: sorted(row["visits"] for row in rows if row["day"] == day) for day in days}


def measure_round_s(folder: Path, work: Work) -> float:
    """The CPU time of a program that does one round of its work and ends."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(open_lake(folder))
            status = 0
        finally:
            os._exit(status)
    _, status, usage = os.wait4(child, 0)
    assert status == 0, "the program failed"
    return usage.ru_utime + usage.ru_stime


def compile_statements(folder: Path) -> None:
    """Do all work once: the programs inherit the statements that are compiled here."""
    new_database(folder)
    lake = open_lake(folder)
    fill(lake)
    promote(lake)
    lake.engine.dispose()


def run_until_killed(folder: Path, work: Work, after_s: float) -> None:
    """End a program by a signal that it does not handle, after it has used so much CPU time."""
    child = os.fork()
    if child == 0:
        try:
            signal.setitimer(signal.ITIMER_PROF, after_s)
            lake = open_lake(folder)
            while True:
                work(lake)
        finally:
            os._exit(3)  # it never ends by itself
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGPROF, "the program failed before it was killed"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kills_at_a_hundred_random_moments_lose_and_double_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
):
    compile_statements(tmp_path_factory.mktemp("inherited"))
    new_database(tmp_path)
    chance = random.Random(20261129)
    round_s = {work: measure_round_s(tmp_path, work) for work in (fill, promote)}
    for _ in range(KILLS):
        work = chance.choice(PROGRAMS)
        run_until_killed(tmp_path, work, chance.uniform(0.1, ROUNDS) * round_s[work])
    lake = open_lake(tmp_path)
    with reading(lake.engine) as connection:
        done = read_position(connection, "raw.readings", "numbers")
        promoted = read_current(connection, TRUSTED.full_name)
    assert done >= KILLS / 4, "the programs hardly did anything"
    assert promoted >= 3, "the programs hardly promoted anything"
    found = sorted(read_table(lake, READINGS).column("visits").to_pylist())
    assert found == sorted(list(range(done)) * ROWS)
    list(promote_days(lake, PROMOTED, now=NOW))
    assert find_trusted(lake) == {DAY_1: list(range(done)), DAY_2: list(range(done))}
    assert read_table(lake, ROW_QUARANTINE).num_rows == done
    assert {fault.fault for fault in verify(lake)} <= {Fault.UNLISTED}
    retire(lake, now=NOW, grace=timedelta(0))
    delete_unlisted(lake, now=NOW + timedelta(days=9_999))
    assert list(verify(lake)) == []
    assert read_table(lake, READINGS).num_rows == ROWS * done
    lake.engine.dispose()
