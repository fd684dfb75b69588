"""Add prices for one account: a slot may have one for each account."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0017"
down_revision: Final = "0011"

COLUMNS: Final = "location, hour_at, number, price_pence, author, reason, set_at, until_at"


def upgrade() -> None:
    op.rename_table("price_overrides", "price_overrides_before")
    op.create_table(
        "price_overrides",
        sa.Column("location", sa.String(63), primary_key=True),
        sa.Column("hour_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account", sa.String(40), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("price_pence", sa.BigInteger, nullable=False),
        sa.Column("author", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
        sa.Column("until_at", sa.BigInteger, nullable=True),
    )
    op.execute(
        f"INSERT INTO price_overrides ({COLUMNS}, account) "  # noqa: S608 - constants
        f"SELECT {COLUMNS}, '' FROM price_overrides_before"
    )
    op.drop_table("price_overrides_before")
