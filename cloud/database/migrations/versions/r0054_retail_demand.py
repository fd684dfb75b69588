"""Add the estimates of the demand for products in stores."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0054"
down_revision: Final = "0053"

NAME: Final = sa.String(63)


def upgrade() -> None:
    op.create_table(
        "retail_demand_estimates",
        sa.Column("product", NAME, primary_key=True),
        sa.Column("store", NAME, primary_key=True),
        sa.Column("elasticity", sa.Double, nullable=False),
        sa.Column("elasticity_low", sa.Double, nullable=False),
        sa.Column("elasticity_high", sa.Double, nullable=False),
        sa.Column("standard_error", sa.Double, nullable=False),
        sa.Column("baseline_units", sa.Double, nullable=False),
        sa.Column("baseline_price_minor", sa.Integer, nullable=False),
        sa.Column("units_sd_log", sa.Double, nullable=False),
        sa.Column("stockpiling_share", sa.Double),
        sa.Column("evidence", sa.String(12), nullable=False),
        sa.Column("model_version", sa.String(40), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
    )
