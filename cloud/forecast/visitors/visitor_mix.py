"""The visitors to expect in an hour of the week: attention rate, dwell, age and gender.

A profile, not a trend: it changes slowly, so it is computed every other week from the last eight,
with holidays excluded and forecast as Sundays. Where cameras only count there are no groups, and a
site with few visitors has no profile.
"""

import logging
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, TypedDict

import msgspec
import numpy as np
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    LargeBinary,
    String,
    Table,
    delete,
    insert,
    literal_column,
    select,
)

from cloud import database
from cloud.database import minute_demographics, total
from cloud.forecast.history.history_store import local_midnight
from cloud.forecast.history.hours import HOUR_S, ObservedHours
from cloud.forecast.intervals import conformal
from cloud.forecast.intervals.interval import Interval
from cloud.forecast.series import ClockSeries, Floats, clock_series
from cloud.forecast.visitors.share_estimates import VisitCounts, estimate_dwell, estimate_shares
from cloud.sites.site_model import Site
from cloud.windows.local_hours import OffsetSpan, local_hour_sums, offset_spans

log = logging.getLogger(__name__)
WEEKS: Final = 8
LEAST_VISITS: Final = 200
HOUR: Final = literal_column(str(HOUR_S), BigInteger)  # a bound value would not group by
SUMS: Final = ("visits", "onlookers", "dwell_ms")

forecast_mixes = Table(
    "forecast_mixes",
    database.metadata,
    Column("location", String(63), primary_key=True),
    Column("made_on", Date, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("zone", String(64)),  # of the week's clock; null: stored before zones were
)


class TimeRange(TypedDict):
    """A half-open stretch of time that begins and ends on local hours."""

    since_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class VisitorGroup:
    """Visitors of one age group and gender; "unknown" is one like any other."""

    age: str
    gender: str


@dataclass(frozen=True, slots=True)
class HourVisitorMix:
    """The visitors of one hour: the P50 of `groups` add up to one."""

    attention_rate: Interval
    dwell_s: Interval
    groups: tuple[tuple[VisitorGroup, Interval], ...]


@dataclass(frozen=True, slots=True)
class VisitorMix:
    """Attention rate and stay as (2, 3, 168) from Monday midnight, groups as (groups, 3, 168)."""

    made_on: date
    rates: Floats
    groups: tuple[VisitorGroup, ...]
    shares: Floats

    def hour(self, weekday: int, hour: int) -> HourVisitorMix:
        """What to expect in a local hour; Monday is 0."""
        at = weekday * 24 + hour
        rate, dwell = (Interval(*map(float, three)) for three in self.rates[:, :, at])
        found = (Interval(*map(float, three)) for three in self.shares[:, :, at])
        return HourVisitorMix(rate, dwell, tuple(zip(self.groups, found, strict=True)))


def compute_visitor_mix(
    connection: Connection, site: Site, today: date, holidays: frozenset[date]
) -> VisitorMix | None:
    """The mix of a site's last weeks; None where there were too few visitors."""
    first_on = today - timedelta(weeks=WEEKS)
    stretch = TimeRange(
        since_at=local_midnight(first_on, site), until_at=local_midnight(today, site)
    )
    visits, onlookers, dwell_ms = (
        _weeks(series, holidays) for series in _sums(connection, site, stretch, today)
    )
    if np.nansum(visits) < LEAST_VISITS:
        return None
    weekend = conformal.mark_weekend(today)
    visitors = VisitCounts(visits, weekend)
    rates = np.stack(
        [estimate_shares(onlookers[None], visitors)[0], estimate_dwell(dwell_ms / 1000, visitors)]
    )
    groups = _groups(connection, site, stretch, today)
    counts = np.stack([_weeks(groups[one], holidays) for one in groups] or [visits[:0]])
    whole = VisitCounts(counts.sum(axis=0), weekend) if groups else visitors
    composed = estimate_shares(counts, whole) if groups else np.empty((0, 3, 168))
    to_monday = today.weekday() * 24
    return VisitorMix(
        made_on=today,
        rates=np.roll(rates, to_monday, axis=-1),
        groups=tuple(groups),
        shares=np.roll(composed, to_monday, axis=-1),
    )


def store_visitor_mix(connection: Connection, site: Site, mix: VisitorMix) -> None:
    """Store the mix of a site in place of the one before."""
    connection.execute(delete(forecast_mixes).where(forecast_mixes.c.location == site.id))
    figures = np.concatenate([mix.rates, mix.shares]).astype("<f4").tobytes()
    body = zlib.compress(msgspec.msgpack.encode((mix.groups, figures)))
    row = {"location": site.id, "made_on": mix.made_on, "body": body, "zone": site.timezone}
    connection.execute(insert(forecast_mixes).values(row))


def read_visitor_mix(connection: Connection, site: Site) -> VisitorMix | None:
    """The stored mix of a site on its present clock; None when it cannot be read."""
    columns = forecast_mixes.c
    wanted = select(forecast_mixes).where(
        columns.location == site.id, columns.zone == site.timezone
    )
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    try:
        groups, figures = msgspec.msgpack.decode(
            zlib.decompress(row.body), type=tuple[tuple[VisitorGroup, ...], bytes]
        )
        values = np.frombuffer(figures, dtype="<f4").astype(np.float64).reshape(-1, 3, 168)
    except (zlib.error, ValueError, msgspec.MsgspecError) as error:
        log.warning("forecast.bad_mix", extra={"location": site.id, "reason": str(error)})
        return None
    return VisitorMix(row.made_on, values[:2], groups, values[2:])


def _weeks(series: ClockSeries, holidays: frozenset[date]) -> Floats:
    weeks: Floats = series.without(holidays).last(WEEKS)[0]
    return weeks


def _sums(connection: Connection, site: Site, stretch: TimeRange, today: date) -> list[ClockSeries]:
    """Visits, onlookers and dwell by local hour in which something was observed."""
    rows = local_hour_sums(connection, site.id, site.zone, **stretch, names=("observed_ms", *SUMS))
    cells = [(starts_s, *sums) for starts_s, _, *sums in rows]
    table = np.array(cells, dtype=np.float64).reshape(-1, 2 + len(SUMS)).T
    starts_s, at = np.unique(table[0], return_inverse=True)
    summed = np.zeros((1 + len(SUMS), starts_s.size))
    for sums, values in zip(summed, table[1:], strict=True):
        np.add.at(sums, at, values)
    observed = summed[0] > 0
    return [_on_clock(site, starts_s[observed], values[observed], today) for values in summed[1:]]


def _groups(
    connection: Connection, site: Site, stretch: TimeRange, today: date
) -> dict[VisitorGroup, ClockSeries]:
    cells: dict[VisitorGroup, dict[int, float]] = defaultdict(dict)
    for span in offset_spans(site.zone, stretch["since_at"], stretch["until_at"]):
        for starts_s, age, gender, visits in _by_hour(connection, site.id, span):
            cells[VisitorGroup(age, gender)][max(int(starts_s), span.first_s)] = float(visits)
    seconds = np.array(sorted({at for cell in cells.values() for at in cell}), dtype=np.float64)
    return {
        group: _on_clock(site, seconds, np.array([cell.get(int(at), 0.0) for at in seconds]), today)
        for group, cell in sorted(cells.items(), key=lambda item: (item[0].age, item[0].gender))
    }


def _by_hour(connection: Connection, location: str, span: OffsetSpan) -> Iterator[Any]:
    """Visits of each group by local hour of a stretch of one offset."""
    minutes = minute_demographics.c
    shift = literal_column(str(span.offset_s % HOUR_S), BigInteger)  # a bound value would not
    clock = minutes.minute_at + shift  # group by
    hour_at = clock - clock % HOUR - shift
    yield from connection.execute(
        select(hour_at, minutes.age, minutes.gender, total(minutes.visits))
        .where(
            minutes.location == location,
            minutes.minute_at >= span.first_s,
            minutes.minute_at < span.end_s,
        )
        .group_by(hour_at, minutes.age, minutes.gender)
    )


def _on_clock(site: Site, seconds: Floats, values: Floats, today: date) -> ClockSeries:
    blank: Any = np.ones((1, len(seconds)))
    hours = ObservedHours(seconds.astype(np.int64), blank[0], blank)
    return clock_series(hours.on_clock(site.zone), values[None], ends_on=today)
