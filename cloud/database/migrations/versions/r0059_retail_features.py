"""Add the runs of retail features and the versions of demand models."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0059"
down_revision: Final = "0058"


def upgrade() -> None:
    op.create_table(
        "retail_feature_runs",
        sa.Column("as_of", sa.Date, primary_key=True),
        sa.Column("version", sa.String(12), nullable=False),
        sa.Column("built_at", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("stores", sa.Integer, nullable=False),
        sa.Column("stale_rows", sa.Integer, nullable=False),
        sa.Column("median_age_days", sa.Integer),
        sa.Column("null_shares", sa.Text, nullable=False),
    )
    op.create_table(
        "retail_demand_models",
        sa.Column("version", sa.String(40), primary_key=True),
        sa.Column("model", sa.String(20), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("chosen_at", sa.BigInteger, nullable=False),
        sa.Column("trained_at", sa.BigInteger, nullable=False),
        sa.Column("first_on", sa.Date, nullable=False),
        sa.Column("last_on", sa.Date, nullable=False),
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("weeks", sa.Integer, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("scores", sa.Text, nullable=False),
        sa.Column("drift", sa.Text, nullable=False),
    )
