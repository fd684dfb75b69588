"""Small tables of one meteorological season: its days, its name by location, and holidays.

A season begins on 1 December, March, June or September. Winter in the north is summer in the south;
between the tropics a season has no name.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import pyarrow as pa

from cloud.lake.tables import DAY
from cloud.sites.public_holidays import public_holidays
from cloud.sites.site_model import Site

TROPIC_DEG: Final = 23.44
ONE_DAY: Final = timedelta(days=1)
NAMES: Final = ("winter", "spring", "summer", "autumn")
"""In the north, from the season that begins in December."""
SEASON_DAYS: Final = pa.schema(
    [
        (DAY, pa.date32()),
        ("season_on", pa.date32()),
        ("period", pa.string()),
        ("first_on", pa.date32()),
        ("period_days", pa.int64()),
    ]
)
SEASON_NAMES: Final = pa.schema([("location", pa.string()), ("season", pa.string())])
LOCATION_HOLIDAYS: Final = pa.schema([("location", pa.string()), ("local_date", pa.date32())])


def find_season(day: date) -> date:
    """The first day of the season of a day."""
    month = day.month // 3 * 3
    return date(day.year, month, 1) if month else date(day.year - 1, 12, 1)


def find_next_season(season_on: date) -> date:
    """The first day of the season after it."""
    return find_season(season_on + timedelta(days=100))


def list_season_days(season_on: date) -> pa.Table:
    """Every day of the season twice: as a day of its month, and as a day of the season."""
    days = list_days(season_on, find_next_season(season_on) - ONE_DAY)
    months = [day.replace(day=1) for day in days]
    lengths = [months.count(month) for month in months]
    columns = {
        DAY: days * 2,
        "season_on": [season_on] * 2 * len(days),
        "period": ["month"] * len(days) + ["season"] * len(days),
        "first_on": months + [season_on] * len(days),
        "period_days": lengths + [len(days)] * len(days),
    }
    return pa.table(columns, schema=SEASON_DAYS)


def list_season_names(sites: Iterable[Site], season_on: date) -> pa.Table:
    """The name of the season at each location outside the tropics."""
    number = season_on.month % 12 // 3
    rows = [
        {"location": site.id, "season": NAMES[(number + 2 * (site.latitude_deg < 0)) % len(NAMES)]}
        for site in sites
        if abs(site.latitude_deg) > TROPIC_DEG
    ]
    return pa.Table.from_pylist(rows, schema=SEASON_NAMES)


def list_location_holidays(sites: Iterable[Site], season_on: date) -> pa.Table:
    """The local public holidays that the UTC days of the season can touch."""
    first, last = season_on - ONE_DAY, find_next_season(season_on)
    rows = [
        {"location": site.id, "local_date": day}
        for site in sites
        for day in sorted(public_holidays(site.holidays, first.year, last.year))
        if first <= day <= last
    ]
    return pa.Table.from_pylist(rows, schema=LOCATION_HOLIDAYS)


def list_days(first: date, last: date) -> list[date]:
    """Every day from the first to the last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
