import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from wire.sqlite_errors import (
    DamagedDatabaseError,
    SqliteCause,
    cause_of,
    explanation,
    is_damage,
)


def with_code(code):
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (sqlite3.SQLITE_CORRUPT, SqliteCause.DAMAGED),
        (sqlite3.SQLITE_CORRUPT_INDEX, SqliteCause.DAMAGED),
        (sqlite3.SQLITE_CORRUPT_VTAB, SqliteCause.DAMAGED),
        (sqlite3.SQLITE_NOTADB, SqliteCause.DAMAGED),
        (sqlite3.SQLITE_FULL, SqliteCause.DISK_FULL),
        (sqlite3.SQLITE_BUSY, SqliteCause.LOCKED),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, SqliteCause.LOCKED),
        (sqlite3.SQLITE_BUSY_RECOVERY, SqliteCause.LOCKED),
        (sqlite3.SQLITE_LOCKED_SHAREDCACHE, SqliteCause.LOCKED),
        (sqlite3.SQLITE_PROTOCOL, SqliteCause.LOCKED),
        (sqlite3.SQLITE_READONLY, SqliteCause.READ_ONLY),
        (sqlite3.SQLITE_READONLY_DIRECTORY, SqliteCause.READ_ONLY),
        (sqlite3.SQLITE_READONLY_DBMOVED, SqliteCause.READ_ONLY),
        (sqlite3.SQLITE_CANTOPEN, SqliteCause.CANNOT_OPEN),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, SqliteCause.CANNOT_OPEN),
        (sqlite3.SQLITE_IOERR, SqliteCause.IO_ERROR),
        (sqlite3.SQLITE_IOERR_READ, SqliteCause.IO_ERROR),
        (sqlite3.SQLITE_IOERR_SHMSIZE, SqliteCause.IO_ERROR),
        (sqlite3.SQLITE_NOMEM, SqliteCause.NO_MEMORY),
        (sqlite3.SQLITE_ERROR, SqliteCause.OTHER),
        (sqlite3.SQLITE_SCHEMA, SqliteCause.OTHER),
    ],
)
def test_only_corrupt_and_not_a_database_are_damage(code, cause):
    error = with_code(code)
    assert cause_of(error) is cause
    assert is_damage(error) == (cause is SqliteCause.DAMAGED)


def test_a_failed_quick_check_is_damage():
    assert is_damage(DamagedDatabaseError("row 3 missing from index"))


def test_an_error_without_a_code_is_no_damage():
    assert not is_damage(sqlite3.DatabaseError("database disk image is malformed"))
    assert not is_damage(OSError(28, "No space left on device"))


def test_a_wrapped_error_is_judged_by_what_it_wraps(tmp_path):
    path = tmp_path / "cloud.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    engine = create_engine(f"sqlite:///{path}")
    with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.execute(text("SELECT * FROM sqlite_schema"))
    engine.dispose()
    assert is_damage(caught.value)


def test_a_real_lock_is_a_lock(tmp_path):
    path = tmp_path / "one.sqlite3"
    with closing(sqlite3.connect(path)) as holder, closing(sqlite3.connect(path, timeout=0)) as two:
        holder.execute("CREATE TABLE t (x)")
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            two.execute("BEGIN IMMEDIATE")
    assert cause_of(caught.value) is SqliteCause.LOCKED


def test_the_explanation_quotes_no_statement_and_no_value():
    error = with_code(sqlite3.SQLITE_FULL)
    error.args = ("INSERT INTO report VALUES ('secret')",)
    assert explanation(error) == ("cannot grow: the disk is full; free space on its file system")
