"""Who to expect in an hour of the week: how many look, how long they stay, who they are.

Hard truth: this is a profile, not a trend. It changes slowly, so it is made every other week from
the last eight, with holidays left out and taken as Sundays; where cameras count only, there are
no groups, and a place with few visitors has none of it.
"""

import zlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

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
from cloud.database import EPOCH, hour_tallies, minute_demographics, total
from cloud.estate import Site
from cloud.forecast import conformal
from cloud.forecast.hours import HOUR_S, Hours
from cloud.forecast.interval import Interval
from cloud.forecast.series import ClockSeries, Floats, clock_series
from cloud.forecast.shares import Visits, lengths, shares

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
)


@dataclass(frozen=True, slots=True)
class Group:
    """Visitors of one age group and gender; "unknown" is one like any other."""

    age: str
    gender: str


@dataclass(frozen=True, slots=True)
class HourMix:
    """The visitors of one hour: the P50 of `groups` add up to one."""

    attention_rate: Interval
    dwell_s: Interval
    groups: tuple[tuple[Group, Interval], ...]


@dataclass(frozen=True, slots=True)
class Mix:
    """Attention rate and stay as (2, 3, 168) from Monday midnight, groups as (groups, 3, 168)."""

    made_on: date
    rates: Floats
    groups: tuple[Group, ...]
    shares: Floats

    def hour(self, weekday: int, hour: int) -> HourMix:
        """What to expect in a local hour; Monday is 0."""
        at = weekday * 24 + hour
        rate, dwell = (Interval(*map(float, three)) for three in self.rates[:, :, at])
        found = (Interval(*map(float, three)) for three in self.shares[:, :, at])
        return HourMix(rate, dwell, tuple(zip(self.groups, found, strict=True)))


def mix(connection: Connection, site: Site, today: date, holidays: frozenset[date]) -> Mix | None:
    """The mix of a site's last weeks; None where there were too few visitors."""
    since, until = (_second(day, site.zone) for day in (today - timedelta(weeks=WEEKS), today))
    visits, onlookers, dwell_ms = (
        _weeks(series, holidays) for series in _sums(connection, site, since, until, today)
    )
    if np.nansum(visits) < LEAST_VISITS:
        return None
    weekend = conformal.weekend(today)
    seen = Visits(visits, weekend)
    rates = np.stack([shares(onlookers[None], seen)[0], lengths(dwell_ms / 1000, seen)])
    groups = _groups(connection, site, since, until, today)
    counts = np.stack([_weeks(groups[one], holidays) for one in groups] or [visits[:0]])
    whole = Visits(counts.sum(axis=0), weekend) if groups else seen
    composed = shares(counts, whole) if groups else np.empty((0, 3, 168))
    to_monday = today.weekday() * 24
    return Mix(
        made_on=today,
        rates=np.roll(rates, to_monday, axis=-1),
        groups=tuple(groups),
        shares=np.roll(composed, to_monday, axis=-1),
    )


def keep(connection: Connection, location: str, made: Mix) -> None:
    """Keep the mix of a place in place of the one before."""
    connection.execute(delete(forecast_mixes).where(forecast_mixes.c.location == location))
    figures = np.concatenate([made.rates, made.shares]).astype("<f4").tobytes()
    body = zlib.compress(msgspec.msgpack.encode((made.groups, figures)))
    row = {"location": location, "made_on": made.made_on, "body": body}
    connection.execute(insert(forecast_mixes).values(row))


def stored_mix(connection: Connection, location: str) -> Mix | None:
    """The latest mix of a place."""
    wanted = select(forecast_mixes).where(forecast_mixes.c.location == location)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    groups, figures = msgspec.msgpack.decode(
        zlib.decompress(row.body), type=tuple[tuple[Group, ...], bytes]
    )
    values = np.frombuffer(figures, dtype="<f4").astype(np.float64).reshape(-1, 3, 168)
    return Mix(row.made_on, values[:2], groups, values[2:])


def _weeks(series: ClockSeries, holidays: frozenset[date]) -> Floats:
    weeks: Floats = series.without(holidays).last(WEEKS)[0]
    return weeks


def _second(day: date, zone: ZoneInfo) -> int:
    return int((datetime.combine(day, datetime.min.time(), zone) - EPOCH).total_seconds())


def _sums(
    connection: Connection, site: Site, since: int, until: int, today: date
) -> list[ClockSeries]:
    hours = hour_tallies.c
    rows = connection.execute(
        select(hours.hour_at, *(total(hours[name]) for name in SUMS))
        .where(hours.location == site.id, hours.hour_at >= since, hours.hour_at < until)
        .group_by(hours.hour_at)
        .having(total(hours.observed_ms) > 0)
    )
    table = np.array([tuple(row) for row in rows], dtype=np.float64).reshape(-1, 1 + len(SUMS)).T
    return [_on_clock(site, table[0], values, today) for values in table[1:]]


def _groups(
    connection: Connection, site: Site, since: int, until: int, today: date
) -> dict[Group, ClockSeries]:
    minutes = minute_demographics.c
    hour_at = minutes.minute_at - minutes.minute_at % HOUR
    rows = connection.execute(
        select(hour_at, minutes.age, minutes.gender, total(minutes.visits))
        .where(minutes.location == site.id, minutes.minute_at >= since, minutes.minute_at < until)
        .group_by(hour_at, minutes.age, minutes.gender)
    )
    cells: dict[Group, dict[int, float]] = defaultdict(dict)
    for row in rows:
        cells[Group(row[1], row[2])][row[0]] = float(row[3])
    seconds = np.array(sorted({at for cell in cells.values() for at in cell}), dtype=np.float64)
    return {
        group: _on_clock(site, seconds, np.array([cell.get(int(at), 0.0) for at in seconds]), today)
        for group, cell in sorted(cells.items(), key=lambda item: (item[0].age, item[0].gender))
    }


def _on_clock(site: Site, seconds: Floats, values: Floats, today: date) -> ClockSeries:
    blank: Any = np.ones((1, len(seconds)))
    hours = Hours(seconds.astype(np.int64), blank[0], blank)
    return clock_series(hours.on_clock(site.zone), values[None], ends_on=today)
