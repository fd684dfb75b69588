"""The databases of tests: with the tables that `python -m cloud database upgrade` makes.

The steps of the upgrade run once in each process of tests; every further database is a copy.
"""

import functools
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import URL, Engine

from cloud import database
from simulators.servers.postgresql import find_programs

SQLITE_ONLY: Final = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of something else than the database: `engine` on SQLite alone."""

_postgresql_script: list[str] = []


def new_database(folder: Path | str, name: str = "onlooker.db") -> str:
    """The URL of a SQLite database with all tables in a folder; an existing one is left alone."""
    path = Path(folder, name)
    if not path.exists():
        path.write_bytes(_upgraded_sqlite())
    return f"sqlite:///{path}"


def new_engine(folder: Path | str, name: str = "onlooker.db") -> Engine:
    return database.connect(new_database(folder, name))


def create_tables(engine: Engine) -> None:
    """Do what `cloud.database.create` does to an empty database, by a copy."""
    if engine.dialect.name == "sqlite":
        engine.dispose()
        assert engine.url.database is not None
        Path(engine.url.database).write_bytes(_upgraded_sqlite())
    elif _postgresql_script:
        with engine.connect() as connection:
            connection.exec_driver_sql(_postgresql_script[0])
            connection.commit()
        engine.dispose()  # the script leaves settings in its session
    else:
        database.create(engine)
        _postgresql_script.append(_dump(engine.url))


@functools.cache
def _upgraded_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "onlooker.db")
        database.open_or_make(f"sqlite:///{path}").dispose()
        return path.read_bytes()


def _dump(url: URL) -> str:
    """The database as SQL that a client library can send; psql's own commands are left out."""
    command = [str(find_programs() / "pg_dump"), "--no-owner", "--inserts", "-d"]
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    lines = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout
    return "\n".join(
        line for line in lines.splitlines() if line and line[:2] not in ("--", "\\r", "\\u")
    )
