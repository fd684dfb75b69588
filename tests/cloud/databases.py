"""The databases of tests: with the tables that `python -m cloud database upgrade` makes.

The steps of the upgrade run once in each process of tests; every further database is a copy.
"""

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import pytest
from sqlalchemy import Engine

from cloud import database
from tests.cloud.postgresql_tables import tables_at

Rows = TypeVar("Rows")
SQLITE_ONLY: Final = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of something else than the database: `engine` on SQLite alone."""


def new_database(folder: Path | str, name: str = "onlooker.db") -> str:
    """The URL of a SQLite database with all tables in a folder; an existing one is left alone."""
    path = Path(folder, name)
    if not path.exists():
        path.write_bytes(_upgraded_sqlite())
    return f"sqlite:///{path}"


def new_engine(folder: Path | str, name: str = "onlooker.db") -> Engine:
    return database.connect(new_database(folder, name))


def copy_filled(folder: Path | str, fill: Callable[[Engine], Rows]) -> Rows:
    """Copy the database that `fill` has filled to a folder; it is called once in each process."""
    content, rows = _filled_sqlite(fill)
    Path(folder, "onlooker.db").write_bytes(content)
    return rows


def create_tables(engine: Engine) -> None:
    """Empty the database and do what `cloud.database.create` does, by a copy."""
    if engine.dialect.name == "sqlite":
        engine.dispose()
        assert engine.url.database is not None
        Path(engine.url.database).write_bytes(_upgraded_sqlite())
    else:
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        tables_at(url).renew(engine)


@functools.cache
def _filled_sqlite(fill: Callable[[Engine], Rows]) -> tuple[bytes, Rows]:
    with tempfile.TemporaryDirectory() as folder:
        engine = new_engine(folder)
        rows = fill(engine)
        engine.dispose()
        return Path(folder, "onlooker.db").read_bytes(), rows


@functools.cache
def _upgraded_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "onlooker.db")
        database.open_or_make(f"sqlite:///{path}").dispose()
        return path.read_bytes()
