"""A transaction is run again where another one was in the way, and only then."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from cloud.booking import transactions
from cloud.booking.transactions import run_booking
from tests.cloud.databases import new_engine


class DeadlockError(Exception):
    sqlstate = "40P01"


class UnavailableError(Exception):
    sqlstate = "57P01"


def locked() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


@pytest.mark.parametrize(
    ("fault", "runs"),
    [
        (DeadlockError(), 3),
        (locked(), 3),
        (UnavailableError(), 1),
        (sqlite3.OperationalError("full"), 1),
    ],
)
def test_it_is_run_until_it_succeeds(tmp_path: Path, fault: Exception, runs: int) -> None:
    engine, seen = new_engine(tmp_path), []

    def work(_: object) -> str:
        seen.append(1)
        if len(seen) < 3:
            raise OperationalError("UPDATE", {}, fault)
        return "done"

    if runs == 3:
        assert run_booking(engine, work) == "done"
    else:
        with pytest.raises(OperationalError):
            run_booking(engine, work)
    assert len(seen) == runs
    engine.dispose()


def test_it_gives_up_in_the_end(tmp_path: Path) -> None:
    engine, seen = new_engine(tmp_path), []

    def work(_: object) -> None:
        seen.append(1)
        raise OperationalError("UPDATE", {}, DeadlockError())

    with pytest.raises(OperationalError):
        run_booking(engine, work)
    assert len(seen) == transactions.TRIES
    engine.dispose()
