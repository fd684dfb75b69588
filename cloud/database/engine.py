"""One engine for SQLite or PostgreSQL, and how its transactions begin.

A SQLite writer takes its lock at BEGIN (IMMEDIATE): a transaction that reads first and writes later
fails under contention, however long it waits. Commits are on disk when they return
(`synchronous = FULL`): a device deletes a report as soon as it is acknowledged, so a commit that a
power failure undoes would lose it. With batches this costs a few per cent.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Dialect,
    Engine,
    Insert,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from cloud.database.columns import Instant
from wire.addresses import DATABASE_SCHEMES, AddressError, parse_address
from wire.sqlite_errors import SqliteCause, cause_of

SEPARATOR: Final = "\0"
"""Between texts; PostgreSQL stores no text with it."""
BUSY_TIMEOUT_MS: Final = 10_000
AGAIN_S: Final = 0.02
DRIVERS: Final = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}


class DatabaseError(ValueError):
    """A database URL that cannot be used."""


def connect(url: str) -> Engine:
    """An engine for `url`; the folder of a SQLite file is created."""
    address = read_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    try:
        return create_engine(address, pool_pre_ping=True, paramstyle="format", hide_parameters=True)
    except ModuleNotFoundError as error:
        raise DatabaseError(
            "PostgreSQL needs psycopg: install onlooker[cloud] or psycopg[binary]"
        ) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write; committed at the end, rolled back by an exception."""
    with engine.execution_options(writes=True).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one moment of the database."""
    with engine.connect() as connection:
        yield connection


def insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert with ON CONFLICT, which both engines support."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def run_many(
    connection: Connection,
    statement: Insert,
    names: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Insert many rows of plain values, in the order of `names`.

    SQLAlchemy's own way converts every value of every row, and PostgreSQL's drivers send every row
    by itself; both cost more than the database does. So the values here must be what the driver
    takes (an instant is `microseconds(instant)`, a date its ISO text), and PostgreSQL gets one
    array for each column.
    """
    if not rows:
        return
    dialect = connection.dialect
    dialect_class: Any = type(dialect)
    text = _driver_text(dialect_class, dialect.paramstyle, statement, names)
    if dialect.name == "postgresql":
        connection.exec_driver_sql(text, tuple(map(write_array, zip(*rows, strict=True))))
    else:
        connection.exec_driver_sql(text, list(rows))


def write_array(values: tuple[Any, ...]) -> str:
    """PostgreSQL's text of an array, several times as fast as its driver writes it."""
    kinds = set(map(type, values))
    if kinds == {str}:
        joined = SEPARATOR.join(values)
        if '"' not in joined and "\\" not in joined:
            return '{"' + joined.replace(SEPARATOR, '","') + '"}'
    if any(issubclass(kind, str) for kind in kinds):
        return "{" + ",".join(map(_array_item, values)) + "}"
    return "{" + ",".join(map(str, values)).replace("None", "NULL") + "}"


def _array_item(value: str | None) -> str:
    """Text in quotes; `NULL` without them is no text."""
    if value is None:
        return "NULL"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@cache
def _driver_text(
    dialect_class: type[Any], paramstyle: str, statement: Insert, names: tuple[str, ...]
) -> str:
    """The same for all engines of a kind: a process may open many."""
    dialect: Dialect = dialect_class(paramstyle=paramstyle)
    if dialect.name == "postgresql":
        statement = statement.from_select(names, _unnested(statement.table.columns, names))
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert isinstance(compiled, SQLCompiler)
    assert tuple(compiled.positiontup or ()) == names, "the driver must take values by position"
    return str(compiled)


def _unnested(
    columns: ReadOnlyColumnCollection[str, Any], names: tuple[str, ...]
) -> Select[*tuple[Any, ...]]:
    arrays = [bindparam(name, type_=ARRAY(_choose_element_type(columns[name]))) for name in names]
    return select(func.unnest(*arrays).table_valued(*names).render_derived())


def _choose_element_type(column: Column[Any]) -> type[TypeEngine[Any]]:
    if isinstance(column.type, BigInteger | Integer | Instant):
        return BigInteger
    return next((one for one in (Boolean, Date) if isinstance(column.type, one)), Text)


def read_url(url: str) -> URL:
    """The address as SQLAlchemy has it; raises DatabaseError when it cannot be used."""
    try:
        address = parse_address(url, DATABASE_SCHEMES)
    except AddressError as error:
        raise DatabaseError(
            f"database: {error}. Write sqlite:///path/to/file.db or postgresql://user@host/name"
        ) from None
    return URL.create(
        DRIVERS[address.scheme],
        username=address.username,
        password=address.password,
        host=address.host or None,
        port=address.port,
        database=unquote(address.path.removeprefix("/")) or None,
        query=_options(address.query),
    )


def _options(query: str) -> dict[str, str | list[str]]:
    options = parse_qs(query)
    return {name: values[0] if len(values) == 1 else values for name, values in options.items()}


def _sqlite(address: URL) -> Engine:
    if not address.database or address.database == ":memory:":
        raise DatabaseError("a SQLite database needs a file: write sqlite:///path/to/file.db")
    folder = Path(address.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"the folder {folder} of the database cannot be created: {error.strerror}; create it, "
            "or give another path"
        ) from error
    engine = create_engine(address, hide_parameters=True)  # errors are logged, rows are not
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # the driver starts no transactions of its own
    raw.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    _use_wal(raw, give_up_s=time.monotonic() + BUSY_TIMEOUT_MS / 1000)
    raw.execute("PRAGMA synchronous = FULL")


def _use_wal(raw: Any, *, give_up_s: float) -> None:
    """Switch to WAL; programs that open a new file together retry: SQLite does not wait."""
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if cause_of(error) is not SqliteCause.LOCKED or time.monotonic() > give_up_s:
                raise
            time.sleep(AGAIN_S)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
