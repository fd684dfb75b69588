"""One engine for SQLite or PostgreSQL, and the tables that the rooms share.

Hard truths. A SQLite writer takes its lock at BEGIN (IMMEDIATE): a transaction that reads first and
writes later fails under contention, however long it waits. Commits are on the disk when they return
(`synchronous = FULL`): a device forgets a report as soon as it is told of the commit, so a commit
that a power cut could take back would be a report lost. With batches that costs a few per cent.
All instants are stored as whole microseconds since 1970 UTC, minutes as whole seconds: exact,
sortable and the same on both engines.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

from wire.audience import BlindCause
from wire.histogram import ATTENTION_EDGES_MS, DWELL_EDGES_MS

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BUSY_TIMEOUT_MS: Final = 10_000
MAKING_TABLES: Final = 7_305_811  # any number, as long as it is ours
DRIVERS: Final = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}

DWELL: Final = tuple(f"dwell_{bucket:02}" for bucket in range(len(DWELL_EDGES_MS) + 1))
ATTENTION: Final = tuple(f"attention_{bucket:02}" for bucket in range(len(ATTENTION_EDGES_MS) + 1))
BLIND: Final = tuple(f"blind_{cause}_ms" for cause in BlindCause)
SUMS: Final = (
    "reports",
    "interval_ms",
    "observed_ms",
    *BLIND,
    "person_ms",
    "facing_ms",
    "looking_ms",
    "unsure_ms",
    "entries",
    "visits",
    "onlookers",
    "dwell_ms",
    "frames_captured",
    "frames_dropped",
    "frames_analysed",
    *DWELL,
    *ATTENTION,
)
"""Columns of a tally that add; `peak` alone merges by maximum."""


class DatabaseError(ValueError):
    """A database URL that cannot be used."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, kept as whole microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Refuse a naive instant: it names no moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise DatabaseError(f"{value.isoformat()} has no time zone: give an aware instant")
        return microseconds(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Give back the instant, in UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


metadata = MetaData()
_Number = BigInteger().with_variant(Integer, "sqlite")
_name = String(63)


def _sums(*names: str) -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False, server_default="0") for name in names]


minute_tallies = Table(
    "minute_tallies",
    metadata,
    Column("location", _name, primary_key=True),
    Column("minute_at", BigInteger, primary_key=True),  # seconds since 1970, a multiple of 60
    Column("device", _name, primary_key=True),
    *_sums(*SUMS, "peak"),
    Index("ix_minute_tallies_minute_at", "minute_at"),
    sqlite_with_rowid=False,
)

hour_tallies = Table(
    "hour_tallies",  # the same sums by clock hour (UTC), written with the minutes
    metadata,
    Column("location", _name, primary_key=True),
    Column("hour_at", BigInteger, primary_key=True),  # seconds since 1970, a multiple of 3600
    Column("device", _name, primary_key=True),
    *_sums(*SUMS, "peak"),
    Index("ix_hour_tallies_hour_at", "hour_at"),
    sqlite_with_rowid=False,
)

minute_demographics = Table(
    "minute_demographics",
    metadata,
    Column("location", _name, primary_key=True),
    Column("minute_at", BigInteger, primary_key=True),
    Column("device", _name, primary_key=True),
    Column("age", String(16), primary_key=True),
    Column("gender", String(16), primary_key=True),
    *_sums("visits", "onlookers"),
    Index("ix_minute_demographics_minute_at", "minute_at"),
    sqlite_with_rowid=False,
)

minute_sensors = Table(
    "minute_sensors",
    metadata,
    Column("location", _name, primary_key=True),
    Column("minute_at", BigInteger, primary_key=True),
    Column("device", _name, primary_key=True),
    Column("sensor", String(64), primary_key=True),
    *_sums("samples", "total_milli", "least_milli", "most_milli"),
    sqlite_with_rowid=False,
)

places = Table(
    "places",  # what the estate says of each location, to group by
    metadata,
    Column("location", _name, primary_key=True),
    Column("venue_type", String(64), nullable=False),
    sqlite_with_rowid=False,
)

journals = Table(
    "journals",
    metadata,
    Column("device", _name, primary_key=True),
    Column("journal", String(16), primary_key=True),
    Column("location", _name, nullable=False),  # where it last spoke from
    Column("through", BigInteger, nullable=False),  # every sequence up to here is settled
    Column("islands", Text, nullable=False),  # settled ranges beyond a gap: [[first, last], ...]
    Column("settled_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

reports = Table(
    "reports",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("device", _name, nullable=False),
    Column("journal", String(16), nullable=False),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("location", _name, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("body", Text, nullable=False),  # the report's own JSON, for the lake
    UniqueConstraint("device", "journal", "first_sequence", name="uq_reports_identity"),
    Index("ix_reports_received_at", "received_at"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False, unique=True),  # of topic, kind and payload
    Column("kind", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("location", _name),
    Column("device", _name),
    Column("journal", String(16)),
    Column("first_sequence", BigInteger),
    Column("last_sequence", BigInteger),
    Column("claims", Integer, nullable=False),  # 1: its sequences are settled by this letter alone
    Column("payload", LargeBinary, nullable=False),
    Column("payload_bytes", BigInteger, nullable=False),  # before it was cut to a sample
    Column("times", BigInteger, nullable=False),
    Column("first_received_at", Instant, nullable=False),
    Column("last_received_at", Instant, nullable=False),
    Column("replayed_at", Instant),
)

device_states = Table(
    "device_states",
    metadata,
    Column("location", _name, primary_key=True),
    Column("device", _name, primary_key=True),
    Column("presence", String(16)),
    Column("presence_at", Instant),
    Column("heartbeat_at", Instant),  # as the device's clock says
    Column("heartbeat_received_at", Instant),
    Column("heartbeat", Text),
    sqlite_with_rowid=False,
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("location", _name, nullable=False),
    Column("device", _name, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("message", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("location", "device", "kind", "state", "at", name="uq_alarms_identity"),
    Index("ix_alarms_at", "at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("kind", String(64), nullable=False),
    Column("location", _name, nullable=False),
    Column("device", _name, nullable=False),  # empty: the whole place
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant),
    Column("seen_at", Instant, nullable=False),  # when it last held
    Column("value", Float, nullable=False),
    Column("message", Text, nullable=False),
    Index("ix_alerts_raised_at", "raised_at"),
)
Index(
    "uq_alerts_open",  # one open alert of a kind for each place and camera, whoever finds it
    alerts.c.kind,
    alerts.c.location,
    alerts.c.device,
    unique=True,
    sqlite_where=alerts.c.cleared_at.is_(None),
    postgresql_where=alerts.c.cleared_at.is_(None),
)

notices = Table(
    "notices",  # who has still to be told of an alert
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("alert", BigInteger, nullable=False),
    Column("change", String(8), nullable=False),  # raised or cleared
    Column("recipient", String(64), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("failure", Text),
    UniqueConstraint("alert", "change", "recipient", name="uq_notices_identity"),
    Index("ix_notices_told_at", "told_at", "due_at"),
)

checkpoints = Table(
    "checkpoints",  # how far a stream was read; an economy, not a truth
    metadata,
    Column("stream", String(128), primary_key=True),
    Column("shard", String(128), primary_key=True),
    Column("sequence", String(128), nullable=False),
    sqlite_with_rowid=False,
)

touched = Table(
    "touched",  # when something was last counted at a place, and since which minute it matters
    metadata,
    Column("location", _name, primary_key=True),
    Column("changed_at", Instant, nullable=False, index=True),
    Column("minute_at", BigInteger, nullable=False),  # earliest minute of the last batch
    sqlite_with_rowid=False,
)


def connect(url: str) -> Engine:
    """An engine for `url`; the folder of a SQLite file is made."""
    address = _understood(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    try:
        return create_engine(address, pool_pre_ping=True, paramstyle="format")
    except ModuleNotFoundError as error:
        raise DatabaseError(
            "PostgreSQL needs psycopg: install onlooker[cloud] or psycopg[binary]"
        ) from error


def create(engine: Engine) -> None:
    """Make the tables that are missing; programs that start together wait for each other."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MAKING_TABLES})")
        metadata.create_all(connection)


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
    """An insert that knows what to do on conflict; both engines say it alike."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def run_many(
    connection: Connection,
    statement: UpdateBase,
    names: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Run one statement for many rows of plain values, in the order of `names`.

    SQLAlchemy's own way converts every value of every row, which costs more than the database
    does; so the values here must be what the driver takes: an instant is `microseconds(instant)`.
    """
    if rows:
        text = _driver_text(connection.dialect, statement, names)
        connection.exec_driver_sql(text, list(rows))


def microseconds(instant: datetime) -> int:
    """An instant as the tables hold it."""
    return (instant - EPOCH) // timedelta(microseconds=1)


@cache
def _driver_text(dialect: Dialect, statement: UpdateBase, names: tuple[str, ...]) -> str:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert isinstance(compiled, SQLCompiler)
    assert tuple(compiled.positiontup or ()) == names, "the driver must take values by position"
    return str(compiled)


def _understood(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise DatabaseError(
            f"database URL {url[:80]!r} cannot be read: write sqlite:///path/to/file.db or "
            "postgresql://user@host/name"
        ) from error
    driver = DRIVERS.get(address.get_backend_name())
    if driver is None:
        raise DatabaseError(
            f"database {address.get_backend_name()!r} is not supported: use sqlite or postgresql"
        )
    return address.set(drivername=driver)


def _sqlite(address: URL) -> Engine:
    if not address.database or address.database == ":memory:":
        raise DatabaseError("a SQLite database needs a file: write sqlite:///path/to/file.db")
    Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # the driver starts no transactions of its own
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
