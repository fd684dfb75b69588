"""Who was there: visits by age and gender in the hours and places in which a campaign was shown.

A visit is not split by creative, so these are all visitors of the hour. They exist only where a
camera is configured to estimate them. Groups of fewer than ten visits are suppressed, with
others where a small one would follow from the total.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.estimates import HOUR_S, EstimatedHour
from cloud.database import minute_demographics, total
from cloud.pricing.impressions import SUPPRESSED_BELOW
from cloud.windows.small_groups import choose_shown, hide_few

AT_ONCE: Final = 400
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class CampaignVisitors:
    """Visits of one age group and gender; `share` is of all described visits."""

    age: str
    gender: str
    visits: int
    onlookers: int
    share: float


@dataclass(frozen=True, slots=True)
class CampaignDemographics:
    """The groups with enough visits, and the visits of the suppressed ones; None is few."""

    groups: Sequence[CampaignVisitors]
    described_visits: int | None
    suppressed_visits: int | None


def list_shown_hours(hours: Iterable[EstimatedHour]) -> frozenset[HourKey]:
    """The screens and hours in which something was shown."""
    return frozenset(hour.hour.booked.key for hour in hours if hour.hour.plays)


def read_demographics(
    connection: Connection, hours: Collection[HourKey]
) -> CampaignDemographics | None:
    """The visitors of some hours; None where no visit is described."""
    cells: dict[tuple[str, str], tuple[int, int]] = {}
    for key, age, gender, visits, onlookers in _read_cells(connection, hours):
        if key in hours and UNKNOWN not in (age, gender):
            before = cells.get((age, gender), (0, 0))
            cells[age, gender] = before[0] + visits, before[1] + onlookers
    return _describe(cells)


def _describe(cells: Mapping[tuple[str, str], tuple[int, int]]) -> CampaignDemographics | None:
    described = sum(visits for visits, _ in cells.values())
    if not described:
        return None
    counts = {key: visits for key, (visits, _) in cells.items()}
    groups = [
        CampaignVisitors(*key, *cells[key], cells[key][0] / described)
        for key in sorted(choose_shown(counts, SUPPRESSED_BELOW))
    ]
    rest = described - sum(group.visits for group in groups)
    return CampaignDemographics(
        groups, hide_few(described, SUPPRESSED_BELOW), hide_few(rest, SUPPRESSED_BELOW)
    )


def _read_cells(
    connection: Connection, hours: Collection[HourKey]
) -> Iterable[tuple[HourKey, str, str, int, int]]:
    if not hours:
        return
    cells = minute_demographics.c
    locations = sorted({key.location for key in hours})
    first_s = min(key.hour_at for key in hours)
    until_s = max(key.hour_at for key in hours) + HOUR_S
    hour_at = (cells.minute_at - cells.minute_at % HOUR_S).label("hour_at")
    for start in range(0, len(locations), AT_ONCE):
        inner = (
            select(cells.location, hour_at, cells.age, cells.gender, cells.visits, cells.onlookers)
            .where(
                cells.location.in_(locations[start : start + AT_ONCE]),
                cells.minute_at >= first_s,
                cells.minute_at < until_s,
            )
            .subquery()
        ).c
        keys = (inner.location, inner.hour_at, inner.age, inner.gender)
        query = select(*keys, total(inner.visits), total(inner.onlookers)).group_by(*keys)
        for location, at, age, gender, visits, onlookers in connection.execute(query):
            yield HourKey(location, at), age, gender, visits, onlookers
