"""Open a database that must exist: a command that only reads never creates one."""

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect

from cloud.database.engine import DatabaseError, connect, reading
from cloud.database.upgrade import create
from wire.addresses import display_address

HOW_TO_NAME: Final = (
    "name it with --database or ONLOOKER_DATABASE_URL (without either, sqlite:///var/onlooker.db "
    "below the current folder); `python -m cloud database upgrade` creates a new one"
)
OURS: Final = "minute_tallies"  # since the first version


class NoDatabaseError(DatabaseError):
    """There is no database at the given address; none was created."""


def require_file(url: str) -> None:
    """Refuse a SQLite database whose file does not exist: opening it would create it.

    Raises:
        NoDatabaseError: there is no such file; names it.
    """
    if url.startswith("sqlite"):
        file = Path(url.partition("///")[2].partition("?")[0])
        if file.name and not file.exists():
            raise NoDatabaseError(f"there is no database {file.absolute()}: {HOW_TO_NAME}")


def open_or_make(url: str) -> Engine:
    """An engine for a database that is created if missing, upgraded to this version."""
    engine = connect(url)
    create(engine)
    return engine


def open_existing(url: str) -> Engine:
    """An engine for a database with Onlooker's tables, upgraded to this version.

    Raises:
        NoDatabaseError: there is none, or it is empty; names it.
    """
    require_file(url)
    engine = connect(url)
    with reading(engine) as connection:
        is_ours = inspect(connection).has_table(OURS)
    if not is_ours:
        engine.dispose()
        where = engine.url.database if url.startswith("sqlite") else display_address(url)
        raise NoDatabaseError(f"the database {where} holds no tables of Onlooker: {HOW_TO_NAME}")
    create(engine)
    return engine
