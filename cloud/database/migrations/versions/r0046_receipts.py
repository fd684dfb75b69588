"""Add signed receipts and their log."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0046"
down_revision: Final = "0044"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAME: Final = sa.String(63)
KEYID: Final = sa.String(64)


def upgrade() -> None:
    _create_receipts()
    _create_log()


def _create_receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("device", NAME, nullable=False),
        sa.Column("stream_id", sa.String(16), nullable=False),
        sa.Column("first_sequence", sa.BigInteger, nullable=False),
        sa.Column("last_sequence", sa.BigInteger, nullable=False),
        sa.Column("location", NAME, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("keyid", KEYID, nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("creatives", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("entry", sa.BigInteger, unique=True),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("device", "stream_id", "first_sequence", name="uq_receipts_report"),
    )
    op.create_index("ix_receipts_location", "receipts", ["location", "starts_at"])
    is_open = sa.text("state = 'pending' OR state = 'waiting'")
    op.create_index(
        "ix_receipts_open",
        "receipts",
        ["state", "id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "receipt_certificates",
        sa.Column("keyid", KEYID, primary_key=True),
        sa.Column("device", NAME, nullable=False),
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )


def _create_log() -> None:
    op.create_table(
        "receipt_log_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "receipt_log_nodes",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "receipt_checkpoints",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("signed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_receipt_checkpoints_size", "receipt_checkpoints", ["size"])
