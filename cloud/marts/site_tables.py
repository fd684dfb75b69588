"""What the daily marts read besides rows of the lake: the calendar, and facts of the sites file."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa

from cloud.lake.tables import LakeTable
from cloud.marts.built_days import DayInputs
from cloud.marts.dimensions import (
    list_dates,
    list_former_ids,
    list_location_hours,
    list_location_loops,
)
from cloud.marts.engine import read_sql
from cloud.marts.sites_digest import SitesDigest, digest_values
from cloud.sites.sites import Sites


class SiteTables:
    """The tables and digests of one sites file, for the SQL of some marts."""

    def __init__(self, sites: Sites, marts: Sequence[LakeTable]) -> None:
        """Read what is the same on every day once."""
        self._sites = sites
        self._former_ids = list_former_ids(sites)
        self._loops = list_location_loops(sites)
        self._digest = SitesDigest(sites)
        self._sql = [read_sql(mart.name) for mart in marts]

    def list_tables(self, day: date, *, until: datetime) -> dict[str, pa.Table]:
        """The tables of a UTC day, whose time is expected until then, by the name in the SQL."""
        return {
            "dim_date": list_dates(day, day),
            "location_hours": list_location_hours(self._sites, day, until=until),
            "location_loops": self._loops,
            "former_ids": self._former_ids,
        }

    def describe(self, day: date, *, until: datetime) -> DayInputs:
        """What is recorded of a day that is built now."""
        return DayInputs(
            digest_values(self._sql, self._digest.of_day(day)), min(until, end_of_day(day))
        )


def end_of_day(day: date) -> datetime:
    """The end of a UTC day."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)
