"""Add quarantined devices, the time of each stream's mark, and an index of reports by number."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0011"
down_revision: Final = "0010"


def upgrade() -> None:
    op.create_table(
        "quarantined_devices",
        sa.Column("location", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("since_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.add_column("journals", sa.Column("through_at", sa.BigInteger))
    op.create_index("ix_dead_letters_device", "dead_letters", ["device"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite has a unique constraint for it
        op.create_index("ix_reports_identity", "reports", ["device", "journal", "first_sequence"])
