"""Places with one calendar of holidays and one local day: learnt and forecast together."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from cloud.estate import Estate, Site
from cloud.forecast.days import public_holidays

NO_CALENDAR = "none"


@dataclass(frozen=True, slots=True)
class Network:
    """The places whose day it is."""

    name: str
    today: date
    sites: tuple[Site, ...]
    holidays: frozenset[date]


def networks(estate: Estate, now: datetime) -> Iterator[Network]:
    """The estate by calendar and local day."""
    groups: dict[tuple[str, date], list[Site]] = {}
    for site in estate:
        today = now.astimezone(site.zone).date()
        groups.setdefault((site.holidays or NO_CALENDAR, today), []).append(site)
    for (code, today), sites in groups.items():
        years = (today.year - 4, today.year + 1)
        holidays = public_holidays(None if code == NO_CALENDAR else code, *years)
        yield Network(code, today, tuple(sites), holidays)
