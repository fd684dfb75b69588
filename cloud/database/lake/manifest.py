"""Tables of the lake's manifest: which files make up each snapshot of each table."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from cloud.database.columns import NUMBER, Instant, metadata

TABLE_NAME: Final = String(127)

lake_snapshots = Table(
    "lake_snapshots",
    metadata,
    Column("table_name", TABLE_NAME, primary_key=True),  # zone.table
    Column("number", BigInteger, primary_key=True),  # 1, 2, 3, ... of each table
    Column("operation", String(16), nullable=False),
    Column("committed_at", Instant, nullable=False),
    Column("rows_added", BigInteger, nullable=False),
    Column("rows_removed", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

lake_files = Table(
    "lake_files",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("table_name", TABLE_NAME, nullable=False),
    Column("path", Text, nullable=False, unique=True),  # relative to the root of the lake
    Column("day", Date, nullable=False),  # UTC
    Column("rows", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("bounds", Text, nullable=False),  # JSON: column -> [least, greatest]
    Column("added_in", BigInteger, nullable=False),  # the first snapshot that has the file
    Column("removed_in", BigInteger),  # the first snapshot that no longer has it
    Column("retired_at", Instant),  # moved to `_retired/`
    Column("deleted_at", Instant),
    Index("ix_lake_files_table", "table_name", "day", "removed_in"),
)

lake_positions = Table(
    "lake_positions",  # up to where a table has taken over the rows of its source
    metadata,
    Column("table_name", TABLE_NAME, primary_key=True),
    Column("source", TABLE_NAME, primary_key=True),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

lake_skipped_files = Table(
    "lake_skipped_files",  # files that a promotion could not read and went past
    metadata,
    Column("table_name", TABLE_NAME, primary_key=True),  # the target of the promotion
    Column("file_id", NUMBER, ForeignKey("lake_files.id"), primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("skipped_at", Instant, nullable=False),
)

lake_built_days = Table(
    "lake_built_days",  # what a day of a mart was computed from, besides rows of the lake
    metadata,
    Column("table_name", TABLE_NAME, primary_key=True),
    Column("day", Date, primary_key=True),  # UTC
    Column("inputs_sha256", String(64), nullable=False),
    Column("expected_until", Instant, nullable=False),  # the end of its expected time
    sqlite_with_rowid=False,
)

lake_holds = Table(
    "lake_holds",  # legal holds: days whose files are not deleted
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("table_name", TABLE_NAME, nullable=False),
    Column("first_on", Date, nullable=False),
    Column("last_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", String(127), nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("released_at", Instant),
)
