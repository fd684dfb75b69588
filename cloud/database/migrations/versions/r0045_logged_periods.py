"""Add the periods of which a play log has every play of a screen."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0045"
down_revision: Final = "0042"


def upgrade() -> None:
    op.create_table(
        "logged_periods",
        sa.Column("location", sa.String(63), primary_key=True),
        sa.Column("starts_at", sa.BigInteger, primary_key=True),
        sa.Column("ends_at", sa.BigInteger, primary_key=True),
        sa.Column("import_id", sa.String(32), nullable=False),
        sqlite_with_rowid=False,
    )
