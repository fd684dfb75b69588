"""Read a database that is not the program's own: read-only, with a limit of time, in batches.

Nothing is created, and no setting of the database is changed.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, CursorResult, NullPool, create_engine
from sqlalchemy.engine import URL

from cloud.database.engine import DatabaseError, read_url

CONNECT_TIMEOUT_S: Final = 10
BATCH_ROWS: Final = 5_000
INSTRUCTIONS: Final = 100_000
"""Of SQLite between two looks at the clock; a few milliseconds."""


@contextmanager
def select_read_only(
    url: str, statement: str, *, timeout_s: int, monotonic: Callable[[], float]
) -> Iterator[CursorResult[Any]]:
    """The rows of one statement, as they are fetched.

    Raises:
        DatabaseError: the address cannot be used.
        sqlalchemy.exc.DBAPIError: the database does not answer, or refuses or ends the statement.
    """
    address = read_url(url)
    is_sqlite = address.get_backend_name() == "sqlite"
    try:
        engine = create_engine(
            _read_only_file(address) if is_sqlite else address,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={} if is_sqlite else {"connect_timeout": CONNECT_TIMEOUT_S},
        )
    except ModuleNotFoundError as error:
        raise DatabaseError(
            "PostgreSQL needs psycopg: install onlooker[cloud] or psycopg[binary]"
        ) from error
    with engine.connect() as connection:
        limit = _limit_sqlite if is_sqlite else _limit_postgresql
        limit(connection, timeout_s, monotonic)
        connection.execution_options(
            stream_results=True, no_parameters=True, max_row_buffer=BATCH_ROWS
        )
        with connection.exec_driver_sql(statement) as result:
            yield result


def _read_only_file(address: URL) -> URL:
    return URL.create(
        address.drivername,
        database=f"file:{quote(address.database or '')}",
        query={"mode": "ro", "uri": "true"},
    )


def _limit_postgresql(
    connection: Connection, timeout_s: int, monotonic: Callable[[], float]
) -> None:
    connection.exec_driver_sql("SET TRANSACTION READ ONLY")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {timeout_s * 1_000}")


def _limit_sqlite(connection: Connection, timeout_s: int, monotonic: Callable[[], float]) -> None:
    driver: Any = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    ends_at = monotonic() + timeout_s
    driver.execute("PRAGMA query_only = ON")
    driver.set_progress_handler(lambda: monotonic() > ends_at, INSTRUCTIONS)
