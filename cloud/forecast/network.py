"""Sites with one holiday calendar and one local day: trained and forecast together."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cloud.sites.public_holidays import CalendarError, public_holidays
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites

NO_CALENDAR: Final = "none"
YEARS_BACK: Final = 4
YEARS_AHEAD: Final = 2


@dataclass(frozen=True, slots=True)
class SiteFailure:
    """A site that has no forecast because of an error."""

    location: str
    reason: str


@dataclass(frozen=True, slots=True)
class Network:
    """Sites that have the same calendar and the same local day."""

    name: str
    today: date
    sites: tuple[Site, ...]
    holidays: frozenset[date]


def build_site_network(site: Site, today: date) -> Network:
    """The network of one site; CalendarError when its calendar does not exist."""
    return Network(site.holidays or NO_CALENDAR, today, (site,), _holidays(site.holidays, today))


def _holidays(code: str | None, today: date) -> frozenset[date]:
    """Public holidays from before the oldest hours to beyond the farthest slot."""
    return public_holidays(code, today.year - YEARS_BACK, today.year + YEARS_AHEAD)


def build_networks(sites: Sites, now: datetime) -> tuple[list[Network], list[SiteFailure]]:
    """The sites by calendar and local day, and the sites without one of them, with the reason."""
    groups: dict[tuple[str, date], list[Site]] = {}
    failed: list[SiteFailure] = []
    for site in sites:
        try:
            today = now.astimezone(site.zone).date()
        except (LookupError, ValueError, OSError) as error:  # the zone cannot be loaded
            failed.append(SiteFailure(site.id, f"time zone {site.timezone!r}: {error}"))
            continue
        groups.setdefault((site.holidays or NO_CALENDAR, today), []).append(site)
    found = []
    for (code, today), group in groups.items():
        try:
            holidays = _holidays(group[0].holidays, today)
        except CalendarError as error:
            failed += [SiteFailure(site.id, str(error)) for site in group]
            continue
        found.append(Network(code, today, tuple(group), holidays))
    return found, failed
