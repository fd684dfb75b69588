"""What has changed since one last looked: the windows that reports were counted into, and alerts.

Hard truth: on PostgreSQL numbers are given out before they are committed, so a report may appear
below one that was seen before. Whoever counts holds a lock from before its first number until its
commit; a trail is trodden firm only up to where all who held that lock have ended. What lies beyond
is read again, and told once.
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
from cloud.estate import Estate
from cloud.windows.audience import Audience, Tally
from cloud.windows.expected_cameras import ExpectedCameras
from cloud.windows.query import STEP

BEHIND: Final = 100_000  # reports that a new trail goes back, for who comes back
AT_ONCE: Final = 20_000
PLACES_AT_ONCE: Final = 400
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
    """A report that was counted, by its number, and the window that it changed."""

    number: int
    key: WindowKey


class ReportFollower:
    """Follows the reports as they are committed; misses none and tells each once."""

    def __init__(self, connection: Connection) -> None:
        newest = _newest(connection)
        self.through = max(0, newest - BEHIND)
        """Every report up to here was told, or was there before the trail began."""
        self._seen: set[int] = set()
        self._loose: tuple[int, frozenset[str]] = self.through, frozenset()

    def read(self, connection: Connection) -> list[CountedReport]:
        """What was counted since the last look."""
        before = _counting(connection)
        found: list[CountedReport] = []
        last = self.through
        while rows := connection.execute(_AFTER, {"number": last}).all():
            found += (
                CountedReport(number, (place, started_us // STEP_US * STEP_S))
                for number, place, started_us in rows
                if number not in self._seen
            )
            last = rows[-1][0]
            if len(rows) < AT_ONCE:
                break
        self._seen.update(one.number for one in found)
        if connection.dialect.name == "sqlite":
            self._firm(last)
            return found
        loose, counting_then = self._loose
        if not counting_then & before:
            self._firm(loose)
            self._loose = last, _counting(connection)
        return found

    def _firm(self, through: int) -> None:
        self.through = through
        self._seen = {number for number in self._seen if number > through}


def read_windows(
    connection: Connection,
    keys: Iterable[WindowKey],
    *,
    estate: Estate | None = None,
    now: datetime | None = None,
) -> dict[WindowKey, Audience]:
    """What these windows hold now, without histograms; with the cameras that `estate` expects.

    What lies beyond `now` is not expected to be observed yet.
    """
    together: dict[int, list[str]] = defaultdict(list)
    for location, second in keys:
        together[second].append(location)
    found = {}
    for second, locations in together.items():
        opens = EPOCH + second // STEP_S * STEP
        closes = opens + STEP
        until = max(opens, min(closes, now or closes))
        for start in range(0, len(locations), PLACES_AT_ONCE):
            some = locations[start : start + PLACES_AT_ONCE]
            for place, held in _by_camera(connection, some, second).items():
                coverage = None
                if estate is not None and place in estate.ids:
                    observed = {device: tally.observed_ms for device, tally in held.items()}
                    expected = ExpectedCameras.of([estate.location(place)])
                    coverage = expected.coverage(opens, until, observed)
                tally = Tally.total(held.values())
                found[place, second] = Audience(place, opens, closes, len(held), tally, coverage)
    return found


def _by_camera(
    connection: Connection, locations: list[str], second: int
) -> dict[str, dict[str, Tally]]:
    """Location → device → what it counted in the five minutes."""
    cells = minute_tallies.c
    query = (
        select(
            cells.location,
            cells.device,
            func.max(cells.peak).label("peak"),
            *(func.sum(cells[name]).label(name) for name in WANTED),
        )
        .where(cells.location.in_(locations))
        .where(cells.minute_at >= second, cells.minute_at < second + STEP_S)
        .group_by(cells.location, cells.device)
    )
    held: dict[str, dict[str, Tally]] = defaultdict(dict)
    for row in connection.execute(query).mappings():
        held[row["location"]][row["device"]] = Tally.of(row)
    return held


class AlertFollower:
    """Follows the alerts: each is told when it is raised and when it is cleared."""

    def __init__(self, connection: Connection) -> None:
        self._open = self._open_now(connection)
        self._newest = connection.execute(select(func.max(alerts.c.id))).scalar_one() or 0

    def lately(self, connection: Connection, since_at: datetime) -> list[Row[Any]]:
        """Alerts that were raised or cleared since an instant."""
        cells = alerts.c
        changed = or_(cells.raised_at >= since_at, cells.cleared_at >= since_at)
        return list(connection.execute(select(alerts).where(changed).order_by(cells.id)))

    def read(self, connection: Connection) -> list[Row[Any]]:
        """Alerts that were raised or cleared since the last look, as they are now."""
        open_now = self._open_now(connection)
        new = select(alerts.c.id).where(alerts.c.id > self._newest)
        changed = sorted({*connection.execute(new).scalars(), *(open_now ^ self._open)})
        self._open = open_now
        self._newest = max((self._newest, *changed))
        return [
            row
            for start in range(0, len(changed), PLACES_AT_ONCE)
            for row in connection.execute(_numbered(changed[start : start + PLACES_AT_ONCE]))
        ]

    def _open_now(self, connection: Connection) -> set[int]:
        query = select(alerts.c.id).where(alerts.c.cleared_at.is_(None))
        return set(connection.execute(query).scalars())


def _numbered(numbers: list[int]) -> Select[*tuple[Any, ...]]:
    return select(alerts).where(alerts.c.id.in_(numbers)).order_by(alerts.c.id)


def _newest(connection: Connection) -> int:
    return connection.execute(select(func.max(reports.c.id))).scalar_one() or 0


def _counting(connection: Connection) -> frozenset[str]:
    """Transactions that are counting at this moment; who writes to SQLite is alone."""
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
