"""Add the zone of rows derived from local hours; add basis and usual week of forecasts.

Earlier rows have no zone. Stored histories and mixes without one are read in full again; forecasts
and scores without one are assumed to be on the site's present clock.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0015"
down_revision: Final = "0017"

ZONED: Final = (
    "forecast_histories", "forecast_weeks", "forecast_rivals", "forecast_trials", "forecast_mixes",
)  # fmt: skip


def upgrade() -> None:
    for table in ZONED:
        op.add_column(table, sa.Column("zone", sa.String(64)))
    op.add_column("forecast_histories", sa.Column("cameras", sa.Text))
    op.add_column("forecast_weeks", sa.Column("usual", sa.LargeBinary))
    op.add_column("forecast_weeks", sa.Column("basis", sa.Text))
