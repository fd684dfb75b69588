"""Add hour sums by venue type, filled from the hour sums of the locations."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from cloud.database.migrations.versions.r0001_baseline import SUMS

revision: Final = "0004"
down_revision: Final = "0003"

HOURS: Final = """
INSERT INTO venue_hours (hour_at, venue_type, lane, {sums}, peak)
SELECT hour_at, coalesce(places.venue_type, 'unknown') AS venue, 0, {added}, max(peak)
FROM hour_tallies LEFT JOIN places ON places.location = hour_tallies.location
GROUP BY hour_at, venue
"""
DEMOGRAPHICS: Final = """
INSERT INTO venue_demographics (hour_at, venue_type, age, gender, lane, visits, onlookers)
SELECT minute_at - minute_at % 3600 AS hour, coalesce(places.venue_type, 'unknown') AS venue,
       age, gender, 0, sum(visits), sum(onlookers)
FROM minute_demographics LEFT JOIN places ON places.location = minute_demographics.location
GROUP BY hour, venue, age, gender
"""


def upgrade() -> None:
    *sums, _ = SUMS.split()  # the last is the peak
    op.create_table(
        "venue_hours",
        *_key("hour_at venue_type lane"),
        *_zeros([*sums, "peak"]),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "venue_demographics",
        *_key("hour_at venue_type age gender lane"),
        *_zeros(["visits", "onlookers"]),
        sqlite_with_rowid=False,
    )
    added = ", ".join(f"sum({name})" for name in sums)
    op.execute(HOURS.format(sums=", ".join(sums), added=added))
    op.execute(DEMOGRAPHICS)


def _key(names: str) -> list[sa.Column[Any]]:
    kinds: dict[str, Any] = {
        "hour_at": sa.BigInteger,
        "venue_type": sa.String(64),
        "lane": sa.Integer,
    }
    return [
        sa.Column(name, kinds.get(name, sa.String(16)), primary_key=True, autoincrement=False)
        for name in names.split()
    ]


def _zeros(names: list[str]) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in names]
