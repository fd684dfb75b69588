"""Looking at the whole estate at one moment: what each place and camera measures, and is usual."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, select

from cloud.database import (
    ATTENTION,
    BLIND,
    DWELL,
    EPOCH,
    device_states,
    hour_tallies,
    journals,
    minute_tallies,
    total,
    touched,
)
from cloud.windows import quality
from cloud.windows.anomalies import (
    LOOK_BACK,
    USUAL_WEEKS,
    Camera,
    Measure,
    Usual,
    of_camera,
    of_place,
    of_quality,
)
from cloud.windows.audience import Tally
from cloud.windows.cells import Where
from wire.audience import BlindCause

HOUR: Final = timedelta(hours=1)
WEEK_S: Final = 7 * 24 * 3_600
_SECOND: Final = timedelta(seconds=1)

CAUSES: Final = tuple(BlindCause)
JUDGED_BY: Final = (
    "observed_ms",
    "person_ms",
    "visits",
    "onlookers",
    "frames_captured",
    "frames_analysed",
)
NO_DWELL: Final = (0,) * len(DWELL)
NO_ATTENTION: Final = (0,) * len(ATTENTION)
NOTHING: Final = Tally.total(())

CameraKey = tuple[str, str]  # location, device
_Query = Select[*tuple[Any, ...]]


def look(connection: Connection, cameras: Iterable[CameraKey], now: datetime) -> Iterator[Measure]:
    """Every measure of the estate's cameras and of the places they stand in."""
    watched = sorted(set(cameras))
    lately, hour = _lately(connection, now), _last_hour(connection, now)
    usual = _usual(connection, now)
    heard, clocks = _heard(connection), _clocks(connection)
    whole_hour = (now - EPOCH) // HOUR * 3_600 - 3_600
    shares = quality.shares(connection, whole_hour)
    spans = quality.usual(connection, weeks_before(whole_hour)) if shares else {}
    for key in watched:
        location, device = key
        camera = Camera(location, device, lately.get(key), heard.get(key), clocks.get(key))
        yield from of_camera(camera, usual.get(location), now)
        if key in shares and key in spans:
            yield from of_quality(camera, shares[key], spans[key])
    ten_minutes = _by_place(lately)
    for location in sorted({location for location, _ in watched} & hour.keys()):
        tally = ten_minutes.get(location, NOTHING)
        yield from of_place(location, tally, hour[location], usual.get(location))


def weeks_before(hour: int) -> list[int]:
    """The same hour of the week in the eight weeks before, as seconds since 1970."""
    return [hour - week * WEEK_S for week in range(1, USUAL_WEEKS + 1)]


def _lately(connection: Connection, now: datetime) -> dict[CameraKey, Tally]:
    """The last ten minutes of each camera; plain rows, since an estate has many."""
    cells = minute_tallies.c
    query = select(
        touched.c.location, cells.device, *(total(cells[name]) for name in (*JUDGED_BY, *BLIND))
    ).group_by(touched.c.location, cells.device)
    rows = connection.execute(_of_places(query, now - LOOK_BACK, now))
    return {
        (location, device): _tally(sums) for location, device, *sums in rows if device is not None
    }


def _last_hour(connection: Connection, now: datetime) -> dict[str, Tally]:
    """Visitors of the last hour and those who looked, for each place."""
    cells = minute_tallies.c
    sums = (total(cells.visits), total(cells.onlookers))
    query = select(touched.c.location, *sums).group_by(touched.c.location)
    rows = connection.execute(_of_places(query, now - HOUR, now))
    return {
        location: _tally((0, 0, visits, onlookers, 0, 0, *(0 for _ in BLIND)))
        for location, visits, onlookers in rows
        if visits is not None
    }


def _of_places(query: _Query, starts_at: datetime, ends_at: datetime) -> _Query:
    """Place by place, as the minutes lie: ten times as fast as minute by minute.

    The outer join holds SQLite to that; a place without minutes is a row of nulls.
    """
    cells, (first, end) = minute_tallies.c, Where(starts_at, ends_at).seconds
    beside = and_(
        cells.location == touched.c.location, cells.minute_at >= first, cells.minute_at < end
    )
    return query.select_from(touched.outerjoin(minute_tallies, beside))


def _tally(sums: Sequence[Any]) -> Tally:
    observed, person, visits, onlookers, captured, analysed, *blind = map(int, sums)
    return Tally(
        observed_ms=observed,
        person_ms=person,
        visits=visits,
        onlookers=onlookers,
        frames_captured=captured,
        frames_analysed=analysed,
        blind_ms=dict(zip(CAUSES, blind, strict=True)),
        dwell_histogram=NO_DWELL,
        attention_histogram=NO_ATTENTION,
    )


def _by_place(tallies: dict[CameraKey, Tally]) -> dict[str, Tally]:
    places: dict[str, list[Tally]] = defaultdict(list)
    for (location, _), tally in tallies.items():
        places[location].append(tally)
    return {location: Tally.total(parts) for location, parts in places.items()}


def _usual(connection: Connection, now: datetime) -> dict[str, Usual]:
    """The mean of this hour of the week over the last eight weeks, for each place."""
    cells = hour_tallies.c
    hour = (now - LOOK_BACK / 2 - EPOCH) // HOUR * 3_600
    sums = (cells.person_ms, cells.observed_ms, cells.onlookers, cells.visits)
    rows = connection.execute(
        select(
            cells.location,
            func.count(cells.hour_at.distinct()),
            *(total(one) for one in sums),
        )
        .where(cells.hour_at.in_(weeks_before(hour)))
        .where(cells.observed_ms > 0)
        .group_by(cells.location)
    )
    return {
        location: Usual(weeks, int(person) / int(observed), onlookers / visits if visits else None)
        for location, weeks, person, observed, onlookers, visits in rows
    }


def _heard(connection: Connection) -> dict[CameraKey, datetime]:
    """When the cloud last heard of each camera, by a report or a heartbeat."""
    heard: dict[CameraKey, datetime] = {}
    by_report = select(journals.c.location, journals.c.device, journals.c.settled_at)
    by_heartbeat = select(
        device_states.c.location, device_states.c.device, device_states.c.heartbeat_received_at
    )
    for query in (by_report, by_heartbeat):
        rows: Any = connection.execute(query)
        for location, device, at in rows:
            key = (location, device)
            if at is not None and (key not in heard or heard[key] < at):
                heard[key] = at
    return heard


def _clocks(connection: Connection) -> dict[CameraKey, float]:
    states = device_states.c
    rows = connection.execute(
        select(
            states.location, states.device, states.heartbeat_at, states.heartbeat_received_at
        ).where(states.heartbeat_at.is_not(None))
    )
    return {
        (location, device): (said_at - received_at) / _SECOND
        for location, device, said_at, received_at in rows
    }
