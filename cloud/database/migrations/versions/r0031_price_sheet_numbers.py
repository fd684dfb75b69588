"""Number the published price sheets, and record their currency."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0031"
down_revision: Final = "0030"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
COLUMNS: Final = "location, published_on, published_at, first_at, versions, body"


def upgrade() -> None:
    op.rename_table("price_sheets", "price_sheets_before")
    if op.get_bind().dialect.name == "postgresql":  # its name is needed again
        op.execute("ALTER TABLE price_sheets_before DROP CONSTRAINT price_sheets_pkey")
    op.create_table(
        "price_sheets",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("location", sa.String(63), nullable=False),
        sa.Column("published_on", sa.Date, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("versions", sa.String(160), nullable=False),
        sa.Column("currency", sa.String(3)),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("location", "published_on", name="uq_price_sheets_day"),
        sqlite_autoincrement=True,
    )
    op.execute(
        f"INSERT INTO price_sheets ({COLUMNS}) "  # noqa: S608
        f"SELECT {COLUMNS} FROM price_sheets_before ORDER BY published_at, location"
    )
    op.drop_table("price_sheets_before")
