"""Add the landed files that a promotion could not read."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0027"
down_revision: Final = "0026"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "lake_skipped_files",
        sa.Column("table_name", sa.String(127), primary_key=True),
        sa.Column(
            "file_id", NUMBER, sa.ForeignKey("lake_files.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("skipped_at", sa.BigInteger, nullable=False),
    )
