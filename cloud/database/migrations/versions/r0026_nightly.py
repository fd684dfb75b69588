"""Add the nightly runs, their steps and their lock."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0026"
down_revision: Final = "0025"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
STATUS: Final = sa.String(16)


def upgrade() -> None:
    op.create_table(
        "nightly_runs",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("first_on", sa.Date),
        sa.Column("last_on", sa.Date),
        sa.Column("status", STATUS, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "nightly_steps",
        sa.Column("run_id", NUMBER, sa.ForeignKey("nightly_runs.id"), primary_key=True),
        sa.Column("name", sa.String(63), primary_key=True),
        sa.Column("status", STATUS, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("rows", sa.BigInteger),
        sa.Column("notes", sa.Text, nullable=False),
    )
    op.create_table(
        "nightly_lock",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("process", sa.BigInteger, nullable=False),
        sa.Column("user_name", sa.String(255), nullable=False),
        sa.Column("acquired_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
