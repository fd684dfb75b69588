"""Run a booking transaction again when PostgreSQL ended it to resolve a deadlock."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from cloud import database

Result = TypeVar("Result")
TRIES: Final = 8
AGAIN: Final = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the same transaction may succeed now."""


def run_booking(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """The result of `work` in a transaction that writes; `work` may run several times.

    Raises:
        OperationalError: the database is unavailable, or every try was a deadlock.
    """
    for _ in range(TRIES - 1):
        try:
            with database.writing(engine) as connection:
                return work(connection)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in AGAIN:
                raise
    with database.writing(engine) as connection:
        return work(connection)
