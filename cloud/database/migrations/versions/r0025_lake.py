"""Add the manifest of the lake: snapshots, files, positions and legal holds."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0025"
down_revision: Final = "0024"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLE_NAME: Final = sa.String(127)


def upgrade() -> None:
    op.create_table(
        "lake_snapshots",
        sa.Column("table_name", TABLE_NAME, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("operation", sa.String(16), nullable=False),
        sa.Column("committed_at", sa.BigInteger, nullable=False),
        sa.Column("rows_added", sa.BigInteger, nullable=False),
        sa.Column("rows_removed", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lake_files",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("table_name", TABLE_NAME, nullable=False),
        sa.Column("path", sa.Text, nullable=False, unique=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
        sa.Column("bounds", sa.Text, nullable=False),
        sa.Column("added_in", sa.BigInteger, nullable=False),
        sa.Column("removed_in", sa.BigInteger),
        sa.Column("retired_at", sa.BigInteger),
        sa.Column("deleted_at", sa.BigInteger),
    )
    op.create_index("ix_lake_files_table", "lake_files", ["table_name", "day", "removed_in"])
    op.create_table(
        "lake_positions",
        sa.Column("table_name", TABLE_NAME, primary_key=True),
        sa.Column("source", TABLE_NAME, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lake_holds",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("table_name", TABLE_NAME, nullable=False),
        sa.Column("first_on", sa.Date, nullable=False),
        sa.Column("last_on", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.String(127), nullable=False),
        sa.Column("placed_at", sa.BigInteger, nullable=False),
        sa.Column("released_at", sa.BigInteger),
    )
