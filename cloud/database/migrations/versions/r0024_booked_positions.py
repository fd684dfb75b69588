"""Rename the column of booked loop positions."""

from typing import Final

from alembic import op

revision: Final = "0024"
down_revision: Final = "0023"


def upgrade() -> None:
    # the same statement in SQLite and PostgreSQL
    op.execute("ALTER TABLE slot_occupancy RENAME COLUMN taken TO booked")
