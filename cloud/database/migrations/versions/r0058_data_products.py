"""Add uploads and runs of data products."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0058"
down_revision: Final = "0057"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLE_NAME: Final = sa.String(127)


def upgrade() -> None:
    op.create_table(
        "product_uploads",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("product", sa.String(63), nullable=False),
        sa.Column("table_name", TABLE_NAME, nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("received_by", sa.String(120), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("loaded_at", sa.BigInteger),
        sa.Column("rows_loaded", sa.BigInteger),
        sa.Column("rows_refused", sa.BigInteger),
        sa.Column("reason", sa.Text),
    )
    op.create_index("ix_product_uploads_file", "product_uploads", ["table_name", "sha256"])
    op.create_index("ix_product_uploads_product", "product_uploads", ["product", "received_at"])
    op.create_table(
        "product_loaded_files",
        sa.Column("table_name", TABLE_NAME, primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("upload", sa.String(32), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "product_runs",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("product", sa.String(63), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("cpu_s", sa.Double, nullable=False),
        sa.Column("rows_written", sa.BigInteger, nullable=False),
        sa.Column("scanned_bytes", sa.BigInteger, nullable=False),
        sa.Column("tables_changed", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text),
    )
    op.create_index("ix_product_runs_product", "product_runs", ["product", "started_at"])
