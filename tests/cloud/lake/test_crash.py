"""Programs that are killed at any moment lose no row, double none and leave no damaged file."""

import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.database import connect, reading
from cloud.lake.compaction import compact
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import delete_expired, delete_unlisted, retire
from cloud.lake.manifest import read_position, write_position
from cloud.lake.reader import read_table
from cloud.lake.storage import open_storage
from cloud.lake.verification import Fault, verify
from cloud.lake.writer import append
from tests.cloud.databases import new_database
from tests.cloud.lake.conftest import DAY_1, DAY_2, NOW, READINGS, readings

KILLS = 100
LONGEST_S = 0.12  # a round of work takes about half of it
ROWS = 3


def open_lake(folder: Path) -> Lake:
    return Lake(open_storage(str(folder / "lake")), connect(f"sqlite:///{folder}/onlooker.db"))


def work_forever(folder: Path) -> None:
    """Append numbered rows, compact, retire and delete, as fast as it goes."""
    lake = open_lake(folder)
    while True:
        with reading(lake.engine) as connection:
            done = read_position(connection, "raw.readings", "numbers")
        for number in range(done, done + 4):
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


def run_until_killed(folder: Path, after_s: float) -> None:
    child = os.fork()
    if child == 0:
        try:
            work_forever(folder)
        finally:
            os._exit(3)  # it never ends by itself
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, "the program failed before it was killed"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kills_at_a_hundred_random_moments_lose_and_double_nothing(tmp_path: Path):
    new_database(tmp_path)
    chance = random.Random(20261129)
    for _ in range(KILLS):
        run_until_killed(tmp_path, chance.uniform(0.005, LONGEST_S))
    lake = open_lake(tmp_path)
    with reading(lake.engine) as connection:
        done = read_position(connection, "raw.readings", "numbers")
    assert done >= KILLS / 4, "the programs hardly did anything"
    found = sorted(read_table(lake, READINGS).column("visits").to_pylist())
    assert found == sorted(list(range(done)) * ROWS)
    assert {fault.fault for fault in verify(lake)} <= {Fault.UNLISTED}
    retire(lake, now=NOW, grace=timedelta(0))
    delete_unlisted(lake, now=NOW + timedelta(days=9_999))
    assert list(verify(lake)) == []
    assert read_table(lake, READINGS).num_rows == ROWS * done
    lake.engine.dispose()
