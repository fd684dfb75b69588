"""Rename forecast and price tables and columns; amounts are in minor units of a currency."""

from typing import Final

from alembic import op

revision: Final = "0022"
down_revision: Final = "0021"

RENAMED: Final = (
    ("forecast_model_scores", "inside", "coverage"),
    ("price_overrides", "price_pence", "price_minor"),
)


def upgrade() -> None:
    op.rename_table("forecast_rivals", "forecast_candidate_weeks")
    op.rename_table("forecast_trials", "forecast_model_scores")
    for table, old, new in RENAMED:  # the same statement in SQLite and PostgreSQL
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
