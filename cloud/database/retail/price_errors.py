"""Tables of the error queue of price points."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from cloud.database.columns import NAME, NUMBER, Instant, metadata

TEXT: Final = String(120)

retail_errors = Table(
    "retail_errors",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("digest", String(32), nullable=False, unique=True),  # of source and payload
    Column("source", NAME, nullable=False),
    Column("position", String(200), nullable=False),  # prices.csv:17, or the number in the batch
    Column("reason", String(32), nullable=False),
    Column("field", NAME),  # null: not one field
    Column("found", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("payload", Text, nullable=False),  # as received, cut when it is long
    Column("payload_bytes", BigInteger, nullable=False),  # before it was cut
    Column("times", BigInteger, nullable=False),  # how often it arrived
    Column("first_received_at", Instant, nullable=False),
    Column("last_received_at", Instant, nullable=False),
    Column("state", String(8), nullable=False),  # open, repaired, replayed, closed
    Column("repaired", Text),  # what was committed in its place
    Column("decided_by", TEXT),
    Column("decided_at", Instant),
    Column("note", Text),  # why it was closed
    Index("ix_retail_errors_source", "source", "state"),
)

retail_error_counts = Table(
    "retail_error_counts",  # what is stored of a source, and what is only counted
    metadata,
    Column("source", NAME, primary_key=True),
    Column("reason", String(32), primary_key=True),
    Column("stored", BigInteger, nullable=False),
    Column("left_out", BigInteger, nullable=False),
    Column("last_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
