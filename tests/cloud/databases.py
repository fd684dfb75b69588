"""The databases of tests: empty ones as `python -m cloud database upgrade` creates them."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url

from cloud import database

TEMPLATE: Final = "onlooker_template"


def new_database(folder: Path | str, name: str = "onlooker.db") -> str:
    """The URL of a SQLite database with all tables in a folder; an existing one is left alone."""
    file = Path(folder) / name
    if not file.exists():
        shutil.copyfile(_template(), file)
    return f"sqlite:///{file}"


def new_engine(folder: Path | str, name: str = "onlooker.db") -> Engine:
    return database.connect(new_database(folder, name))


def create_postgresql_template(url: str) -> None:
    """Prepare the cluster of a URL for `add_postgresql_tables`."""
    _execute(url, f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
    template = make_url(url).set(database=TEMPLATE)
    database.open_or_make(template.render_as_string(hide_password=False)).dispose()


def empty_postgresql_database(url: str) -> str:
    """The same URL, of a database without a table."""
    return _recreate(url, "template0")


def add_postgresql_tables(url: str) -> str:
    """The same URL, of a database with all tables and no row."""
    return _recreate(url, TEMPLATE)


def _recreate(url: str, template: str) -> str:
    """Replace a database by a copy: a tenth of the time of creating its tables."""
    name = make_url(url).database
    _execute(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _execute(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    return url


def _execute(url: str, statement: str) -> None:
    """On the database `template1`, since a database in use can neither be copied nor dropped."""
    address = make_url(url).set(drivername="postgresql+psycopg", database="template1")
    engine = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


@cache
def _template() -> Path:
    """An empty database, created once in each process: a copy takes a hundredth of the time."""
    folder = Path(tempfile.mkdtemp(prefix="onlooker-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database.open_or_make(f"sqlite:///{folder}/onlooker.db").dispose()
    return folder / "onlooker.db"


SQLITE_ONLY: Final = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of something else than the database: `engine` on SQLite alone."""
