"""Signed receipts of reports, and the log of them: entries, nodes of the tree, checkpoints.

A receipt is stored in the transaction of its report. Its envelope is verified later, when it is
appended to the log; one that is refused stays in the table with the reason. Entries and nodes of
the log are only inserted.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    or_,
)

from cloud.database.columns import NAME, NUMBER, Instant, metadata

KEYID: Final = String(64)
HASH: Final = LargeBinary(32)

receipts = Table(
    "receipts",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("device", NAME, nullable=False),
    Column("stream_id", String(16), nullable=False),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("location", NAME, nullable=False),  # the present id, as of the report
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("keyid", KEYID, nullable=False),  # of the certificate; empty where it is not readable
    Column("envelope", Text, nullable=False),  # the entry of the log: canonical JSON
    Column("creatives", Text, nullable=False),  # JSON: CreativeRecord
    Column("state", String(10), nullable=False),  # pending, waiting, logged, rejected
    Column("reason", String(500)),  # of a rejected one
    Column("entry", BigInteger, unique=True),  # number in the log, from 0; null: not in the log
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("device", "stream_id", "first_sequence", name="uq_receipts_report"),
    Index("ix_receipts_location", "location", "starts_at"),
)
_is_open = or_(receipts.c.state == "pending", receipts.c.state == "waiting")
Index(
    "ix_receipts_open",
    receipts.c.state,
    receipts.c.id,
    sqlite_where=_is_open,
    postgresql_where=_is_open,
)

receipt_certificates = Table(
    "receipt_certificates",
    metadata,
    Column("keyid", KEYID, primary_key=True),
    Column("device", NAME, nullable=False),
    Column("chain", Text, nullable=False),  # PEM, the device's own certificate first
    Column("received_at", Instant, nullable=False),
)

receipt_log_head = Table(
    "receipt_log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("size", BigInteger, nullable=False),
)

receipt_log_nodes = Table(
    "receipt_log_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", HASH, nullable=False),
)

receipt_checkpoints = Table(
    "receipt_checkpoints",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("size", BigInteger, nullable=False),
    Column("root", HASH, nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
    Index("ix_receipt_checkpoints_size", "size"),
)
