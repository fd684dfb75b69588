"""Add time by probability of looking; earlier rows have none."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0010"
down_revision: Final = "0009"

TABLES: Final = ("minute_tallies", "hour_tallies", "venue_hours")
COLUMNS: Final = ("banded_reports", "band_high_ms", "band_medium_ms", "band_low_ms")


def upgrade() -> None:
    for table in TABLES:
        for column in COLUMNS:
            op.add_column(
                table, sa.Column(column, sa.BigInteger, nullable=False, server_default="0")
            )
