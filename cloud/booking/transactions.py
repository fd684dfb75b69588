"""Run a booking transaction again when a deadlock of PostgreSQL ended it, or SQLite was busy.

SQLite does not queue its writers: under load one may wait for longer than its limit.
"""

import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from cloud import database
from wire.sqlite_errors import SqliteCause, cause_of

Result = TypeVar("Result")
TRIES: Final = 8
AGAIN: Final = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock of PostgreSQL: the same transaction may succeed now."""


def run_booking(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """The result of `work` in a transaction that writes; `work` may run several times.

    Raises:
        OperationalError: the database is unavailable, or every try failed in that way.
    """
    for _ in range(TRIES - 1):
        try:
            with database.writing(engine) as connection:
                return work(connection)
        except OperationalError as error:
            if not may_succeed_now(error):
                raise
    with database.writing(engine) as connection:
        return work(connection)


def may_succeed_now(error: OperationalError) -> bool:
    """Whether another transaction was in the way, which has ended."""
    if isinstance(error.orig, sqlite3.OperationalError):
        return cause_of(error.orig) is SqliteCause.LOCKED
    return getattr(error.orig, "sqlstate", None) in AGAIN
