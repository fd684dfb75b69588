"""Add the capacity of slots, its ledger, and blackouts."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0036"
down_revision: Final = "0035"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAME: Final = sa.String(63)


def upgrade() -> None:
    op.create_table(
        "booking_slots",
        sa.Column("location", NAME, primary_key=True),
        sa.Column("hour_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.CheckConstraint("used >= 0 AND used <= capacity", name="ck_booking_slots_used"),
    )
    op.create_table(
        "booking_takes",
        sa.Column("line_id", NAME, primary_key=True),
        sa.Column("account", sa.String(40)),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("until_at", sa.BigInteger),
        sa.Column("taken_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_booking_takes_until_at", "booking_takes", ["until_at"])
    _create_ledger()
    _create_blackouts()


def _create_ledger() -> None:
    op.create_table(
        "booking_ledger",
        sa.Column("line_id", NAME, sa.ForeignKey("booking_takes.line_id"), primary_key=True),
        sa.Column("location", NAME, primary_key=True),
        sa.Column("hour_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("positions", sa.Integer, nullable=False),
        sa.CheckConstraint("positions > 0", name="ck_booking_ledger_positions"),
    )
    op.create_index("ix_booking_ledger_slot", "booking_ledger", ["location", "hour_at"])


def _create_blackouts() -> None:
    op.create_table(
        "booking_blackouts",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("location", NAME, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("removed_at", sa.BigInteger),
    )
    op.create_index("ix_booking_blackouts_location", "booking_blackouts", ["location", "ends_at"])
