"""Looking at the whole estate at one moment: what each place and camera measures, and is usual."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from cloud.database import BLIND, EPOCH, device_states, hour_tallies, journals
from cloud.windows.anomalies import (
    LOOK_BACK,
    USUAL_WEEKS,
    Camera,
    Measure,
    Usual,
    of_camera,
    of_place,
)
from cloud.windows.audience import Tally
from cloud.windows.breakdown import breakdown
from cloud.windows.cells import Dimension, Where

HOUR: Final = timedelta(hours=1)
WEEK_S: Final = 7 * 24 * 3_600
_SECOND: Final = timedelta(seconds=1)

JUDGED_BY: Final = (
    *BLIND,
    "observed_ms",
    "person_ms",
    "visits",
    "onlookers",
    "frames_captured",
    "frames_analysed",
)
NOTHING: Final = Tally.total(())

CameraKey = tuple[str, str]  # location, device


def look(connection: Connection, cameras: Iterable[CameraKey], now: datetime) -> Iterator[Measure]:
    """Every measure of the estate's cameras and of the places they stand in."""
    watched = sorted(set(cameras))
    lately = _by_camera(connection, now - LOOK_BACK, now)
    last_hour = _by_camera(connection, now - HOUR, now)
    usual = _usual(connection, now)
    heard, clocks = _heard(connection), _clocks(connection)
    for key in watched:
        location, device = key
        camera = Camera(location, device, lately.get(key), heard.get(key), clocks.get(key))
        yield from of_camera(camera, usual.get(location), now)
    ten_minutes, hour = _by_place(lately), _by_place(last_hour)
    for location in sorted({location for location, _ in watched} & hour.keys()):
        tally = ten_minutes.get(location, NOTHING)
        yield from of_place(location, tally, hour[location], usual.get(location))


def _by_camera(
    connection: Connection, starts_at: datetime, ends_at: datetime
) -> dict[CameraKey, Tally]:
    by = (Dimension.LOCATION, Dimension.DEVICE)
    cells = breakdown(connection, Where(starts_at, ends_at), by, sums=JUDGED_BY)
    return {
        (str(cell.key[Dimension.LOCATION]), str(cell.key[Dimension.DEVICE])): cell.audience.tally
        for cell in cells
    }


def _by_place(tallies: dict[CameraKey, Tally]) -> dict[str, Tally]:
    places: dict[str, list[Tally]] = defaultdict(list)
    for (location, _), tally in tallies.items():
        places[location].append(tally)
    return {location: Tally.total(parts) for location, parts in places.items()}


def _usual(connection: Connection, now: datetime) -> dict[str, Usual]:
    """The mean of this hour of the week over the last eight weeks, for each place."""
    hour = (now - LOOK_BACK / 2 - EPOCH) // HOUR * 3_600
    cells = hour_tallies.c
    sums = (cells.person_ms, cells.observed_ms, cells.onlookers, cells.visits)
    rows = connection.execute(
        select(
            cells.location,
            func.count(cells.hour_at.distinct()),
            *(func.sum(one) for one in sums),
        )
        .where(cells.hour_at.in_([hour - week * WEEK_S for week in range(1, USUAL_WEEKS + 1)]))
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
