"""Errors of the outbox name the file, the cause and what to do."""

import errno
import sqlite3
from pathlib import Path

import pytest

from edge_agent.outbox.errors import (
    OutboxDamagedError,
    OutboxError,
    outbox_error_from_os,
    outbox_error_from_sqlite,
)
from wire.sqlite_errors import DamagedDatabaseError

PATH = Path("/var/lib/onlooker/outbox.sqlite3")


def sqlite_error(code):
    error = sqlite3.OperationalError("INSERT INTO report VALUES ('secret')")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error(sqlite3.SQLITE_CORRUPT),
        sqlite_error(sqlite3.SQLITE_CORRUPT_INDEX),
        sqlite_error(sqlite3.SQLITE_NOTADB),
        DamagedDatabaseError("row 3 missing from index"),
    ],
)
def test_damage_is_an_error_of_its_own(error):
    found = outbox_error_from_sqlite(PATH, error)
    assert type(found) is OutboxDamagedError
    assert str(found) == f"outbox {PATH} is damaged; restore a copy, or move the file away"


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (sqlite3.SQLITE_FULL, "cannot grow: the disk is full; free space on its file system"),
        (sqlite3.SQLITE_BUSY, "is locked by another program; stop the other program"),
        (sqlite3.SQLITE_IOERR, "the disk reports an error; check the disk's health"),
        (sqlite3.SQLITE_CONSTRAINT, "reports an error; check the disk's space and health"),
    ],
)
def test_a_problem_of_the_environment_is_no_damage_and_quotes_no_data(code, cause):
    found = outbox_error_from_sqlite(PATH, sqlite_error(code))
    assert type(found) is OutboxError
    assert str(found).startswith(f"outbox {PATH} ")
    assert cause in str(found)
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left"), "the disk is full; free space on it"),
        (
            PermissionError(errno.EACCES, "Permission denied"),
            "Permission denied; give --outbox a path on a writable disk",
        ),
        (OSError("no code and no text of the system"), "no code and no text of the system; give"),
    ],
)
def test_an_error_of_the_operating_system_states_what_to_do(error, sentence):
    found = outbox_error_from_os(PATH, error)
    assert type(found) is OutboxError
    assert str(found).startswith(f"outbox {PATH} cannot be written: {sentence}")
