"""Looking at the whole estate at one moment: what each place and camera measures, and is usual."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, select

from cloud.alerting import data_quality
from cloud.alerting.baselines import Baselines
from cloud.alerting.rules import (
    LOOK_BACK,
    AlertKind,
    CameraStatus,
    LocationStatus,
    Measure,
    UsualCrowd,
    measure_camera,
    measure_location,
    measure_quality,
)
from cloud.database import (
    ATTENTION,
    BLIND,
    DWELL,
    EPOCH,
    device_status,
    hour_tallies,
    location_updates,
    minute_tallies,
    quarantined_devices,
    report_streams,
    total,
)
from cloud.windows.audience import Tally
from cloud.windows.dimensions import BreakdownFilter
from wire.audience import BlindCause

HOUR: Final = timedelta(hours=1)
HOUR_S: Final = 3_600
PLACES_AT_ONCE: Final = 400
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

CameraKey = tuple[str, str]  # location, device
_Query = Select[*tuple[Any, ...]]


def read_measures(
    connection: Connection,
    cameras: Iterable[CameraKey],
    now: datetime,
    *,
    optional: Iterable[CameraKey] = (),
    baselines: Baselines | None = None,
) -> Iterator[Measure]:
    """Every measure of the estate's cameras and of the places they stand in.

    `cameras` are those that the sites file lists now; the `optional` among them may be silent.
    """
    watched, may_be_silent = sorted(set(cameras)), frozenset(optional)
    known = baselines or Baselines()
    lately = _lately(connection, now)
    usual = known.crowds(connection, _whole_hour(now - LOOK_BACK / 2))
    heard, clocks = _heard(connection), _clocks(connection)
    last_hour = _whole_hour(now) - HOUR_S
    shares = data_quality.read_quality_shares(connection, last_hour)
    spans = known.spans(connection, last_hour) if shares else {}
    for key in watched:
        location, device = key
        camera = CameraStatus(
            location,
            device,
            lately.get(key),
            heard.get(device),
            clocks.get(device),
            key not in may_be_silent,
        )
        yield from measure_camera(camera, usual.cameras.get(key), now)
        if key in shares and key in spans:
            yield from measure_quality(camera, shares[key], spans[key])
    yield from read_quarantines(connection)
    places = _places(watched, may_be_silent)
    hour = _last_hour(connection, now)
    measured = {location for location, tally in hour.items() if tally.observed_ms}
    ages = _ages(connection, sorted(places.keys() - measured), now)
    for location, expected in sorted(places.items()):
        yield from measure_location(
            LocationStatus(
                location,
                _in_place(location, lately, usual.cameras),
                hour.get(location),
                expected,
                usual.attention_rates.get(location),
                0.0 if location in measured else ages.get(location),
            )
        )


def read_quarantines(connection: Connection) -> Iterator[Measure]:
    """Devices that ingest has quarantined, now or before; the sites file need not list them."""
    for row in connection.execute(select(quarantined_devices)):
        is_over = row.ended_at is not None
        said = (
            "its quarantine has ended"
            if is_over
            else f"{row.messages} messages refused since {row.since_at:%Y-%m-%d %H:%M}Z: "
            f"{row.reason[:300]}"
        )
        yield Measure(AlertKind.QUARANTINED, row.location, row.device, float(not is_over), said)


def _whole_hour(at: datetime) -> int:
    return (at - EPOCH) // HOUR * HOUR_S


def _places(watched: Sequence[CameraKey], optional: frozenset[CameraKey]) -> dict[str, int]:
    """How many cameras are expected at each place."""
    places: dict[str, int] = {}
    for key in watched:
        places[key[0]] = places.get(key[0], 0) + (key not in optional)
    return places


def _in_place(
    location: str, lately: "_ByPlace", usual: Mapping[CameraKey, UsualCrowd]
) -> list[tuple[Tally, UsualCrowd | None]]:
    return [(tally, usual.get((location, device))) for device, tally in lately.at(location).items()]


class _ByPlace(dict[CameraKey, Tally]):
    """Tallies by camera that can be asked for by place."""

    def __init__(self, tallies: Iterable[tuple[CameraKey, Tally]]) -> None:
        super().__init__(tallies)
        self._places: dict[str, dict[str, Tally]] = defaultdict(dict)
        for (location, device), tally in self.items():
            self._places[location][device] = tally

    def at(self, location: str) -> dict[str, Tally]:
        """The cameras of one place that have a tally."""
        return self._places.get(location, {})


def _lately(connection: Connection, now: datetime) -> _ByPlace:
    """The last ten minutes of each camera; plain rows, since an estate has many."""
    cells = minute_tallies.c
    query = select(
        location_updates.c.location,
        cells.device,
        *(total(cells[name]) for name in (*JUDGED_BY, *BLIND)),
    ).group_by(location_updates.c.location, cells.device)
    rows = connection.execute(_of_places(query, now - LOOK_BACK, now))
    return _ByPlace(
        ((location, device), _tally(sums)) for location, device, *sums in rows if device is not None
    )


def _last_hour(connection: Connection, now: datetime) -> dict[str, Tally]:
    """Observed time, visitors and those who looked in the last hour, for each place."""
    cells = minute_tallies.c
    sums = (total(cells.observed_ms), total(cells.visits), total(cells.onlookers))
    query = select(location_updates.c.location, *sums).group_by(location_updates.c.location)
    rows = connection.execute(_of_places(query, now - HOUR, now))
    return {
        location: _tally((observed, 0, visits, onlookers, 0, 0, *(0 for _ in BLIND)))
        for location, observed, visits, onlookers in rows
        if visits is not None
    }


def _ages(connection: Connection, locations: Sequence[str], now: datetime) -> dict[str, float]:
    """Hours since the end of the newest hour with observed time, by location.

    Reports that hold only unobserved time (`offline`, `paused`) are no measurement.
    """
    cells = hour_tallies.c
    newest = (
        select(func.max(cells.hour_at))
        .where(cells.location == location_updates.c.location, cells.observed_ms > 0)
        .correlate(location_updates)
        .scalar_subquery()
    )
    found: dict[str, float] = {}
    for start in range(0, len(locations), PLACES_AT_ONCE):
        some = location_updates.c.location.in_(locations[start : start + PLACES_AT_ONCE])
        for location, hour in connection.execute(
            select(location_updates.c.location, newest).where(some)
        ):
            if hour is not None:
                ended_at = EPOCH + (int(hour) + HOUR_S) * _SECOND
                found[location] = max(0.0, (now - ended_at) / HOUR)
    return found


def _of_places(query: _Query, starts_at: datetime, ends_at: datetime) -> _Query:
    """Place by place, as the minutes lie: ten times as fast as minute by minute.

    The outer join holds SQLite to that; a place without minutes is a row of nulls.
    """
    cells, (first, end) = minute_tallies.c, BreakdownFilter(starts_at, ends_at).seconds
    beside = and_(
        cells.location == location_updates.c.location,
        cells.minute_at >= first,
        cells.minute_at < end,
    )
    return query.select_from(location_updates.outerjoin(minute_tallies, beside))


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


def _heard(connection: Connection) -> dict[str, datetime]:
    """When the cloud last heard of each device, by a report or a heartbeat, from any location."""
    heard: dict[str, datetime] = {}
    by_report = select(report_streams.c.device, report_streams.c.acknowledged_at)
    by_heartbeat = select(device_status.c.device, device_status.c.heartbeat_received_at)
    for query in (by_report, by_heartbeat):
        rows: Any = connection.execute(query)
        for device, at in rows:
            if at is not None and (device not in heard or heard[device] < at):
                heard[device] = at
    return heard


def _clocks(connection: Connection) -> dict[str, float]:
    """How many seconds each device's clock is off, by its newest heartbeat."""
    states = device_status.c
    rows = connection.execute(
        select(states.device, states.heartbeat_at, states.heartbeat_received_at)
        .where(states.heartbeat_at.is_not(None))
        .order_by(states.heartbeat_received_at)
    )
    return {device: (said_at - received_at) / _SECOND for device, said_at, received_at in rows}
