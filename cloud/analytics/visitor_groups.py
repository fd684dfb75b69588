"""Visits and attention rates of age groups and genders, over whole UTC days.

Age and gender are estimates, of visits in groups that are large enough. A group with fewer than ten
visits is suppressed, with others where it would follow from the total: only how many visits all
suppressed groups have together is returned.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from cloud.analytics.analytics_query import AnalyticsQuery, AnalyticsQueryError
from cloud.analytics.rate_cell import MIN_VISITS
from cloud.analytics.ratio import RatioEstimate, estimate_pairs
from cloud.database.rollups import UNKNOWN
from cloud.windows.breakdown import demographics
from cloud.windows.dimensions import BreakdownFilter, DemographicGroup, Dimension
from cloud.windows.small_groups import choose_shown, hide_few
from cloud.windows.venue_breakdown import venue_demographic_groups


@dataclass(frozen=True, slots=True)
class GroupRate:
    """The visits of one age group and gender; `share` is of all described visits."""

    age: str
    gender: str
    visits: int
    viewers: int
    share: float
    rate: RatioEstimate | None


@dataclass(frozen=True, slots=True)
class GroupRates:
    """The groups that are large enough, and the visits of the others; None is fewer than ten."""

    starts_at: datetime
    ends_at: datetime
    described_visits: int | None
    undescribed_visits: int | None
    suppressed_visits: int | None
    groups: Sequence[GroupRate]


def compute_groups(connection: Connection, asked: AnalyticsQuery, now: datetime) -> GroupRates:
    """The groups of the network, of a venue type, or of one location.

    Those of one location are read from minutes: half a second for 92 days of two cameras.

    Raises:
        AnalyticsQueryError: several locations, or hours of the day.
    """
    where = _filter(asked, now)
    read = demographics if asked.location else venue_demographic_groups
    days: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in read(connection, where, (Dimension.DAY,)):
        if _is_included(asked, row):
            days[row.age, row.gender].append((row.onlookers, row.visits))
    return _summarise(where, days)


def _filter(asked: AnalyticsQuery, now: datetime) -> BreakdownFilter:
    if asked.hour_from or asked.hour_until != 24:
        raise AnalyticsQueryError("visitor groups are of whole days: leave hours out")
    if len(asked.location) > 1:
        raise AnalyticsQueryError("visitor groups are of one location, a venue type or all")
    today = now.astimezone(UTC).date()
    end_on = min(asked.until or today, today)
    ends_at = datetime(end_on.year, end_on.month, end_on.day, tzinfo=UTC)
    starts_at = ends_at - timedelta(days=asked.days)
    location = asked.location[0] if asked.location else None
    return BreakdownFilter(starts_at, ends_at, location, asked.venue_type)


def _is_included(asked: AnalyticsQuery, row: DemographicGroup) -> bool:
    day = row.key[Dimension.DAY]
    assert isinstance(day, datetime)
    return asked.includes(day.date(), 0)


def _summarise(
    where: BreakdownFilter, days: dict[tuple[str, str], list[tuple[float, float]]]
) -> GroupRates:
    visits = {key: int(sum(below for _, below in pairs)) for key, pairs in days.items()}
    described = {key: count for key, count in visits.items() if UNKNOWN not in key}
    whole = sum(described.values())
    shown = sorted(choose_shown(described, MIN_VISITS))
    shown_whole = hide_few(whole, MIN_VISITS)
    groups = [_group(key, days[key], visits[key], whole) for key in shown]
    return GroupRates(
        starts_at=where.starts_at,
        ends_at=where.ends_at,
        described_visits=shown_whole,
        undescribed_visits=None if shown_whole is None else sum(visits.values()) - whole,
        suppressed_visits=hide_few(whole - sum(one.visits for one in groups), MIN_VISITS),
        groups=groups,
    )


def _group(
    key: tuple[str, str], pairs: list[tuple[float, float]], visits: int, whole: int
) -> GroupRate:
    viewers = int(sum(above for above, _ in pairs))
    rate = estimate_pairs(pairs, is_share_of_visits=True, limit=1.0)
    return GroupRate(*key, visits, viewers, visits / whole, rate)
