"""A SQLite database in memory for the tests of one module's statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, create_engine

from cloud import database


@contextmanager
def in_memory(*tables: Table) -> Iterator[Connection]:
    """A transaction in a new database that has only these tables."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        database.metadata.create_all(connection, tables=tables)
        yield connection
    engine.dispose()
