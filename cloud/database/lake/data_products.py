"""Uploads of data products, and their runs."""

from typing import Final

from sqlalchemy import BigInteger, Column, Double, Index, Integer, String, Table, Text

from cloud.database.bookings import PERSON
from cloud.database.columns import NUMBER, Instant, metadata
from cloud.database.lake.manifest import TABLE_NAME

RECEIVED: Final = "received"
"""The state of an upload whose rows are not in the lake yet."""
LOADED: Final = "loaded"
REFUSED: Final = "refused"

product_uploads = Table(
    "product_uploads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("product", String(63), nullable=False),
    Column("table_name", TABLE_NAME, nullable=False),  # raw.table
    Column("file_name", String(255), nullable=False),
    Column("path", Text, nullable=False),  # in the lake's storage
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("received_by", PERSON, nullable=False),
    Column("state", String(10), nullable=False),  # received, loaded, refused
    Column("loaded_at", Instant),
    Column("rows_loaded", BigInteger),
    Column("rows_refused", BigInteger),
    Column("reason", Text),  # of a refusal; of a loaded file what was left out
    Index("ix_product_uploads_file", "table_name", "sha256"),
    Index("ix_product_uploads_product", "product", "received_at"),
)

loaded_files = Table(
    "product_loaded_files",  # the content of a file is loaded into a table once
    metadata,
    Column("table_name", TABLE_NAME, primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("upload", String(32), nullable=False),
    sqlite_with_rowid=False,
)

product_runs = Table(
    "product_runs",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("product", String(63), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("cpu_s", Double, nullable=False),
    Column("rows_written", BigInteger, nullable=False),
    Column("scanned_bytes", BigInteger, nullable=False),  # of the files that its SQL read
    Column("tables_changed", Integer, nullable=False),
    Column("failure", Text),  # null: none
    Index("ix_product_runs_product", "product", "started_at"),
)
