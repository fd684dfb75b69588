"""What has changed since the last read: windows into which reports were counted, and alerts.

PostgreSQL assigns row numbers before the commit, so a report may become visible below one that was
read before. Every writer holds an advisory lock from before its first number until its commit.
Numbers are final only up to the point at which all writers that held the lock have committed;
later rows are read again, and each report is returned once.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    Select,
    bindparam,
    func,
    or_,
    select,
    text,
    type_coerce,
)

from cloud.database import BANDS, BLIND, EPOCH, alerts, minute_tallies, reports
from cloud.database.rollups import MOVING_LOCK
from cloud.sites.sites import Sites
from cloud.windows.audience import Audience, AudienceSums
from cloud.windows.expected_cameras import ExpectedCameras
from cloud.windows.query import STEP

BACKLOG_REPORTS: Final = (
    100_000  # reports that a new follower reads back, for clients that reconnect
)
AT_ONCE: Final = 20_000
LOCATIONS_AT_ONCE: Final = 400
STEP_S: Final = int(STEP.total_seconds())
STEP_US: Final = STEP_S * 1_000_000
WANTED: Final = (
    *BLIND, "observed_ms", "person_ms", "looking_ms", "entries", "visits", "onlookers", "dwell_ms",
    *BANDS,
)  # fmt: skip

WindowKey = tuple[str, int]
"""Location, and when the five minutes begin, as seconds since 1970."""


@dataclass(frozen=True, slots=True)
class CountedReport:
    """The row number of a counted report, and the window that it changed."""

    number: int
    key: WindowKey


class ReportFollower:
    """Follows the committed reports; returns each exactly once."""

    def __init__(self, connection: Connection) -> None:
        newest = _newest(connection)
        self.through = max(0, newest - BACKLOG_REPORTS)
        """All reports up to this number were returned, or were stored before the follower began."""
        self._read_numbers: set[int] = set()
        self._unconfirmed: tuple[int, frozenset[str]] = self.through, frozenset()

    def read(self, connection: Connection) -> list[CountedReport]:
        """The reports that were counted since the last read."""
        before = _counting(connection)
        found: list[CountedReport] = []
        last = self.through
        while rows := connection.execute(_AFTER, {"number": last}).all():
            found += (
                CountedReport(number, (location, started_us // STEP_US * STEP_S))
                for number, location, started_us in rows
                if number not in self._read_numbers
            )
            last = rows[-1][0]
            if len(rows) < AT_ONCE:
                break
        self._read_numbers.update(report.number for report in found)
        if connection.dialect.name == "sqlite":
            self._advance(last)
            return found
        unconfirmed, counting_then = self._unconfirmed
        if not counting_then & before:
            self._advance(unconfirmed)
            self._unconfirmed = last, _counting(connection)
        return found

    def _advance(self, through: int) -> None:
        self.through = through
        self._read_numbers = {number for number in self._read_numbers if number > through}


def read_windows(
    connection: Connection,
    keys: Iterable[WindowKey],
    *,
    sites: Sites | None = None,
    now: datetime | None = None,
) -> dict[WindowKey, Audience]:
    """The present sums of these windows, without histograms, with the expected cameras.

    Time after `now` is not expected to be observed yet.
    """
    together: dict[int, list[str]] = defaultdict(list)
    for location, second in keys:
        together[second].append(location)
    found = {}
    for second, locations in together.items():
        opens = EPOCH + second // STEP_S * STEP
        closes = opens + STEP
        until = max(opens, min(closes, now or closes))
        for start in range(0, len(locations), LOCATIONS_AT_ONCE):
            some = locations[start : start + LOCATIONS_AT_ONCE]
            for location, tallies in _by_camera(connection, some, second).items():
                coverage = None
                if sites is not None and location in sites.ids:
                    observed = {device: tally.observed_ms for device, tally in tallies.items()}
                    expected = ExpectedCameras.of([sites.location(location)])
                    coverage = expected.coverage(opens, until, observed)
                tally = AudienceSums.total(tallies.values())
                found[location, second] = Audience(
                    location, opens, closes, len(tallies), tally, coverage
                )
    return found


def _by_camera(
    connection: Connection, locations: list[str], second: int
) -> dict[str, dict[str, AudienceSums]]:
    """Location -> device -> sums of the five minutes."""
    columns = minute_tallies.c
    query = (
        select(
            columns.location,
            columns.device,
            func.max(columns.peak).label("peak"),
            *(func.sum(columns[name]).label(name) for name in WANTED),
        )
        .where(columns.location.in_(locations))
        .where(columns.minute_at >= second, columns.minute_at < second + STEP_S)
        .group_by(columns.location, columns.device)
    )
    tallies: dict[str, dict[str, AudienceSums]] = defaultdict(dict)
    for row in connection.execute(query).mappings():
        tallies[row["location"]][row["device"]] = AudienceSums.of(row)
    return tallies


class AlertFollower:
    """Follows the alerts; returns each when it is raised and when it is cleared."""

    def __init__(self, connection: Connection) -> None:
        self._open = self._open_now(connection)
        self._newest = connection.execute(select(func.max(alerts.c.id))).scalar_one() or 0

    def read_since(self, connection: Connection, since_at: datetime) -> list[Row[Any]]:
        """Alerts that were raised or cleared since an instant."""
        columns = alerts.c
        changed = or_(columns.raised_at >= since_at, columns.cleared_at >= since_at)
        return list(connection.execute(select(alerts).where(changed).order_by(columns.id)))

    def read(self, connection: Connection) -> list[Row[Any]]:
        """Alerts that were raised or cleared since the last read, in their present state."""
        open_now = self._open_now(connection)
        new = select(alerts.c.id).where(alerts.c.id > self._newest)
        changed = sorted({*connection.execute(new).scalars(), *(open_now ^ self._open)})
        self._open = open_now
        self._newest = max((self._newest, *changed))
        return [
            row
            for start in range(0, len(changed), LOCATIONS_AT_ONCE)
            for row in connection.execute(_numbered(changed[start : start + LOCATIONS_AT_ONCE]))
        ]

    def _open_now(self, connection: Connection) -> set[int]:
        query = select(alerts.c.id).where(alerts.c.cleared_at.is_(None))
        return set(connection.execute(query).scalars())


def _numbered(numbers: list[int]) -> Select[*tuple[Any, ...]]:
    return select(alerts).where(alerts.c.id.in_(numbers)).order_by(alerts.c.id)


def _newest(connection: Connection) -> int:
    return connection.execute(select(func.max(reports.c.id))).scalar_one() or 0


def _counting(connection: Connection) -> frozenset[str]:
    """Transactions that are counting at this moment; SQLite has a single writer."""
    if connection.dialect.name == "sqlite":
        return frozenset()
    return frozenset(connection.execute(_HOLDERS).scalars())


_HOLDERS = text(
    "SELECT virtualtransaction FROM pg_locks "
    "WHERE locktype = 'advisory' AND objid = :lock AND mode = 'ShareLock' AND granted"
).bindparams(lock=MOVING_LOCK)
_AFTER = (
    select(reports.c.id, reports.c.location, type_coerce(reports.c.starts_at, BigInteger))
    .where(reports.c.id > bindparam("number"))
    .order_by(reports.c.id)
    .limit(AT_ONCE)
)
