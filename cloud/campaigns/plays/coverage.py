"""The time of which a log has every play of a screen, as whoever imports it states.

Only in such hours is a creative that no log names known to have not been shown. A log without a
statement says what was shown, and nothing of the rest: it may be a part of an export.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from cloud.campaigns.booked_hours import HourKey, find_lines_at, read_lines, to_seconds
from cloud.campaigns.plays.names import LogNames
from cloud.campaigns.plays.play import OLDEST, PlayError
from cloud.campaigns.tables import creatives, logged_hours, logged_periods
from cloud.database import EPOCH, insert
from cloud.sites.sites import Sites

HOUR_S: Final = 3_600
AT_ONCE: Final = 400
MOST_NAMES: Final = 5
SECOND: Final = timedelta(seconds=1)
SEPARATOR: Final = ".."


class CoverageError(ValueError):
    """A period that a log cannot cover."""


@dataclass(frozen=True, slots=True)
class LogCoverage:
    """The period of which a log has every play; without `screens`, of those that it names."""

    since: datetime
    until: datetime
    screens: tuple[str, ...] = ()


def state_coverage(
    since: datetime, until: datetime, screens: Iterable[str], names: LogNames, now: datetime
) -> LogCoverage:
    """What a log covers, with the ids of its screens; raises CoverageError."""
    if since.utcoffset() is None or until.utcoffset() is None:
        raise CoverageError("the period has no offset from UTC: write it as 2026-11-23T00:00:00Z")
    if not since < until <= now:
        raise CoverageError("a log covers a period that has ended: give an end after the start")
    if since < now - OLDEST:
        raise CoverageError(f"the period begins more than {OLDEST.days} days ago")
    try:
        return LogCoverage(since, until, tuple(sorted({names.resolve_screen(s) for s in screens})))
    except PlayError as error:
        raise CoverageError(str(error)) from None


def parse_period(text: str) -> tuple[datetime, datetime]:
    """FROM..UNTIL as two instants; raises CoverageError."""
    try:
        since, until = (datetime.fromisoformat(part.strip()) for part in text.split(SEPARATOR))
    except ValueError:
        raise CoverageError(
            f"{text[:80]!r} is no period: write 2026-11-23T00:00:00Z..2026-11-24T00:00:00Z"
        ) from None
    return since, until


def store_coverage(
    connection: Connection, coverage: LogCoverage, screens: Sequence[str], import_id: str
) -> None:
    """Record that a log has every play of the screens."""
    if not screens:
        return
    values = {"starts_at": coverage.since, "ends_at": coverage.until, "import_id": import_id}
    statement = insert(connection.dialect.name, logged_periods).on_conflict_do_nothing()
    connection.execute(statement, [{"location": one, **values} for one in screens])


def find_unknown_creatives(
    connection: Connection, sites: Sites, coverage: LogCoverage, screen: str, listed: Iterable[str]
) -> list[str]:
    """Names in the logs of a screen that are no creative here, nor `listed` by the importer.

    Each may be the name that the player has for a booked creative.
    """
    ids = sites.location(screen).ids
    hours = logged_hours.c
    named = select(hours.creative).where(
        hours.location.in_(ids),
        hours.hour_at > to_seconds(coverage.since) - HOUR_S,
        hours.hour_at < to_seconds(coverage.until),
    )
    unknown = set(connection.execute(named.distinct()).scalars()) - set(listed)
    if not unknown:
        return []
    stored = select(creatives.c.name).where(creatives.c.name.in_(named))
    unknown -= set(connection.execute(stored).scalars())
    lines = find_lines_at(connection, sites, {screen}, coverage.since, coverage.until)
    for line in read_lines(connection, sites, "line_id", lines).values():
        unknown -= set(line.creatives)
    return sorted(unknown)


def describe_unknown(names: Sequence[str]) -> str:
    """Why the coverage of a screen is not recorded."""
    shown = ", ".join(names[:MOST_NAMES])
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"no creative here has the name {shown}{more}: give aliases, or store the creatives"


def read_covered_hours(
    connection: Connection, present: dict[str, str], first_s: int, until_s: int
) -> frozenset[HourKey]:
    """The whole hours of [first_s, until_s) that logs cover, by the present ids of locations."""
    periods: dict[str, list[tuple[int, int]]] = defaultdict(list)
    names, columns = sorted(present), logged_periods.c
    for start in range(0, len(names), AT_ONCE):
        query = select(columns.location, columns.starts_at, columns.ends_at).where(
            columns.location.in_(names[start : start + AT_ONCE]),
            columns.starts_at < EPOCH + until_s * SECOND,
            columns.ends_at > EPOCH + first_s * SECOND,
        )
        for location, starts_at, ends_at in connection.execute(query):
            period = max(first_s, to_seconds(starts_at)), min(until_s, (ends_at - EPOCH) // SECOND)
            periods[present[location]].append(period)
    return frozenset(
        HourKey(location, hour_at) for location, some in periods.items() for hour_at in _hours(some)
    )


def _hours(periods: Sequence[tuple[int, int]]) -> Iterator[int]:
    """The whole hours within periods that may overlap or follow each other."""
    merged: list[tuple[int, int]] = []
    for since, until in sorted(periods):
        if merged and since <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], until)
        else:
            merged.append((since, until))
    for since, until in merged:
        yield from range(since + -since % HOUR_S, until - until % HOUR_S, HOUR_S)
