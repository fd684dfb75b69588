"""Analyses of attention: each location, the hours of the week, and locations against each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import Connection

from cloud.analytics.analytics_query import AnalyticsQuery
from cloud.analytics.rate_cell import RateCell, compute_cell
from cloud.analytics.ratio import limit
from cloud.analytics.shrinkage import ShrunkRates, shrink_rates
from cloud.analytics.site_hours import CellSums, Days, read_site_hours, sum_by_day
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites

Key = TypeVar("Key")
WeekHour = tuple[int, int]
"""(weekday, hour of the local day); 1 is Monday."""


@dataclass(frozen=True, slots=True)
class SiteRate:
    """The rate of one location."""

    site: Site
    cell: RateCell


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """The rates of locations, and what they are after shrinkage; None with too few of them."""

    rates: list[SiteRate]
    shrunk: ShrunkRates | None


def compute_site_rates(
    connection: Connection, sites: Sites, asked: AnalyticsQuery, now: datetime
) -> list[SiteRate]:
    """The rate of each location, in the order of the sites file."""
    return [
        SiteRate(site, compute_cell([*days.values()], asked.measure))
        for site in asked.select(sites)
        for days in (_read_days(connection, site, asked, now),)
    ]


def compute_effectiveness(
    connection: Connection, sites: Sites, asked: AnalyticsQuery, now: datetime
) -> Effectiveness:
    """The rates of locations, shrunk towards their mean and ranked."""
    rates = compute_site_rates(connection, sites, asked, now)
    known = {str(one.site.id): one.cell.rate for one in rates if one.cell.rate is not None}
    return Effectiveness(rates, shrink_rates(known, limit(asked.measure)))


def compute_week(
    connection: Connection, sites: Sites, asked: AnalyticsQuery, now: datetime
) -> Mapping[WeekHour, RateCell]:
    """The rate of each hour of the week, over all locations; local days are the sample."""
    return _compute_cells(
        connection, sites, asked, now, lambda day, hour: (day.isoweekday(), hour)
    )  # fmt: skip


def compute_hours_of_day(
    connection: Connection, sites: Sites, asked: AnalyticsQuery, now: datetime
) -> Mapping[int, RateCell]:
    """The rate of each hour of the local day, over all locations."""
    return _compute_cells(connection, sites, asked, now, lambda _day, hour: hour)


def _compute_cells(
    connection: Connection,
    sites: Sites,
    asked: AnalyticsQuery,
    now: datetime,
    key_of: Callable[[date, int], Key],
) -> Mapping[Key, RateCell]:
    cells: dict[Key, dict[date, CellSums]] = {}
    for site in asked.select(sites):
        for (day, hour), sums in read_site_hours(connection, site, asked, now).items():
            days = cells.setdefault(key_of(day, hour), {})
            days.setdefault(day, CellSums()).add(sums)
    return {key: compute_cell([*days.values()], asked.measure) for key, days in cells.items()}


def _read_days(connection: Connection, site: Site, asked: AnalyticsQuery, now: datetime) -> Days:
    return sum_by_day(read_site_hours(connection, site, asked, now))
