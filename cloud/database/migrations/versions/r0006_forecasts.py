"""Add stored histories of forecasts, and the scores of their models by site."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"


def upgrade() -> None:
    op.create_table(
        "forecast_histories",
        sa.Column("location", sa.String(63), primary_key=True),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "forecast_rivals",
        sa.Column("location", sa.String(63), primary_key=True),
        sa.Column("first_on", sa.Date, primary_key=True),
        sa.Column("model", sa.String(40), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "forecast_trials",
        sa.Column("location", sa.String(63), primary_key=True),
        sa.Column("first_on", sa.Date, primary_key=True),
        sa.Column("model", sa.String(40), primary_key=True),
        sa.Column("loss", sa.Float, nullable=False),
        sa.Column("inside", sa.Float, nullable=False),
    )
    op.create_table(
        "forecast_mixes",
        sa.Column("location", sa.String(63), primary_key=True),
        sa.Column("made_on", sa.Date, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
