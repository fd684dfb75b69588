"""Add what each day of a mart was computed from."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0029"
down_revision: Final = "0028"


def upgrade() -> None:
    op.create_table(
        "lake_built_days",
        sa.Column("table_name", sa.String(127), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("inputs_sha256", sa.String(64), nullable=False),
        sa.Column("expected_until", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
