"""Read the measures of all cameras and locations at one moment: present values and usual ones."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, select

from cloud.alerting import data_quality
from cloud.alerting.baselines import Baselines
from cloud.alerting.nightly_runs import measure_nightly_run
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
from cloud.windows.audience import AudienceSums
from cloud.windows.dimensions import BreakdownFilter
from wire.audience import BlindCause

HOUR: Final = timedelta(hours=1)
HOUR_S: Final = 3_600
LOCATIONS_AT_ONCE: Final = 400
_SECOND: Final = timedelta(seconds=1)

CAUSES: Final = tuple(BlindCause)
RULE_SUMS: Final = (
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
    """Every measure of the listed cameras and of their locations.

    `cameras` are those that the sites file lists now; the `optional` among them may be offline.
    """
    listed, optional_cameras = sorted(set(cameras)), frozenset(optional)
    baselines_in_use = baselines or Baselines()
    recent = _read_recent(connection, now)
    usual = baselines_in_use.usual_levels(connection, _whole_hour(now - LOOK_BACK / 2))
    last_messages, clock_offsets = _read_last_messages(connection), _read_clock_offsets(connection)
    last_hour = _whole_hour(now) - HOUR_S
    quality_shares = data_quality.read_quality_shares(connection, last_hour)
    usual_ranges = baselines_in_use.usual_ranges(connection, last_hour) if quality_shares else {}
    for key in listed:
        location, device = key
        camera = CameraStatus(
            location,
            device,
            recent.get(key),
            last_messages.get(device),
            clock_offsets.get(device),
            key not in optional_cameras,
        )
        yield from measure_camera(camera, usual.cameras.get(key), now)
        if key in quality_shares and key in usual_ranges:
            yield from measure_quality(camera, quality_shares[key], usual_ranges[key])
    yield from read_quarantines(connection)
    yield from measure_nightly_run(connection, now)
    expected_by_location = _expected_by_location(listed, optional_cameras)
    last_hour_sums = _last_hour(connection, now)
    measured = {location for location, tally in last_hour_sums.items() if tally.observed_ms}
    data_ages = _read_data_ages(connection, sorted(expected_by_location.keys() - measured), now)
    for location, expected in sorted(expected_by_location.items()):
        yield from measure_location(
            LocationStatus(
                location,
                _location_cameras(location, recent, usual.cameras),
                last_hour_sums.get(location),
                expected,
                usual.attention_rates.get(location),
                0.0 if location in measured else data_ages.get(location),
            )
        )


def read_quarantines(connection: Connection) -> Iterator[Measure]:
    """Devices that ingest has quarantined, now or before; the sites file may not list them."""
    for row in connection.execute(select(quarantined_devices)):
        is_over = row.ended_at is not None
        message = (
            "its quarantine has ended"
            if is_over
            else f"{row.messages} messages refused since {row.since_at:%Y-%m-%d %H:%M}Z: "
            f"{row.reason[:300]}"
        )
        yield Measure(AlertKind.QUARANTINED, row.location, row.device, float(not is_over), message)


def _whole_hour(at: datetime) -> int:
    return (at - EPOCH) // HOUR * HOUR_S


def _expected_by_location(
    listed: Sequence[CameraKey], optional: frozenset[CameraKey]
) -> dict[str, int]:
    """The number of expected cameras of each location."""
    expected_by_location: dict[str, int] = {}
    for key in listed:
        expected_by_location[key[0]] = expected_by_location.get(key[0], 0) + (key not in optional)
    return expected_by_location


def _location_cameras(
    location: str, recent: "_TalliesByLocation", usual: Mapping[CameraKey, UsualCrowd]
) -> list[tuple[AudienceSums, UsualCrowd | None]]:
    return [(tally, usual.get((location, device))) for device, tally in recent.at(location).items()]


class _TalliesByLocation(dict[CameraKey, AudienceSums]):
    """Tallies by camera, also accessible by location."""

    def __init__(self, tallies: Iterable[tuple[CameraKey, AudienceSums]]) -> None:
        super().__init__(tallies)
        self._expected_by_location: dict[str, dict[str, AudienceSums]] = defaultdict(dict)
        for (location, device), tally in self.items():
            self._expected_by_location[location][device] = tally

    def at(self, location: str) -> dict[str, AudienceSums]:
        """The cameras of one location that have a tally."""
        return self._expected_by_location.get(location, {})


def _read_recent(connection: Connection, now: datetime) -> _TalliesByLocation:
    """The sums of the last ten minutes of each camera."""
    cells = minute_tallies.c
    query = select(
        location_updates.c.location,
        cells.device,
        *(total(cells[name]) for name in (*RULE_SUMS, *BLIND)),
    ).group_by(location_updates.c.location, cells.device)
    rows = connection.execute(_join_minutes(query, now - LOOK_BACK, now))
    return _TalliesByLocation(
        ((location, device), _tally(sums)) for location, device, *sums in rows if device is not None
    )


def _last_hour(connection: Connection, now: datetime) -> dict[str, AudienceSums]:
    """Observed time, visits and viewers of the last hour, for each location."""
    cells = minute_tallies.c
    sums = (total(cells.observed_ms), total(cells.visits), total(cells.onlookers))
    query = select(location_updates.c.location, *sums).group_by(location_updates.c.location)
    rows = connection.execute(_join_minutes(query, now - HOUR, now))
    return {
        location: _tally((observed, 0, visits, onlookers, 0, 0, *(0 for _ in BLIND)))
        for location, observed, visits, onlookers in rows
        if visits is not None
    }


def _read_data_ages(
    connection: Connection, locations: Sequence[str], now: datetime
) -> dict[str, float]:
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
    for start in range(0, len(locations), LOCATIONS_AT_ONCE):
        some = location_updates.c.location.in_(locations[start : start + LOCATIONS_AT_ONCE])
        for location, last_hour_sums in connection.execute(
            select(location_updates.c.location, newest).where(some)
        ):
            if last_hour_sums is not None:
                ended_at = EPOCH + (int(last_hour_sums) + HOUR_S) * _SECOND
                found[location] = max(0.0, (now - ended_at) / HOUR)
    return found


def _join_minutes(query: _Query, starts_at: datetime, ends_at: datetime) -> _Query:
    """Join minutes location by location, in primary key order: ten times as fast as by minute.

    The outer join makes SQLite do that; a location without minutes is a row of nulls.
    """
    cells, (first, end) = minute_tallies.c, BreakdownFilter(starts_at, ends_at).seconds
    beside = and_(
        cells.location == location_updates.c.location,
        cells.minute_at >= first,
        cells.minute_at < end,
    )
    return query.select_from(location_updates.outerjoin(minute_tallies, beside))


def _tally(sums: Sequence[Any]) -> AudienceSums:
    observed, person, visits, onlookers, captured, analysed, *blind = map(int, sums)
    return AudienceSums(
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


def _read_last_messages(connection: Connection) -> dict[str, datetime]:
    """When the latest report or heartbeat of each device arrived, from any location."""
    last_messages: dict[str, datetime] = {}
    by_report = select(report_streams.c.device, report_streams.c.acknowledged_at)
    by_heartbeat = select(device_status.c.device, device_status.c.heartbeat_received_at)
    for query in (by_report, by_heartbeat):
        rows: Any = connection.execute(query)
        for device, at in rows:
            if at is not None and (device not in last_messages or last_messages[device] < at):
                last_messages[device] = at
    return last_messages


def _read_clock_offsets(connection: Connection) -> dict[str, float]:
    """The clock offset of each device in seconds, by its newest heartbeat."""
    states = device_status.c
    rows = connection.execute(
        select(states.device, states.heartbeat_at, states.heartbeat_received_at)
        .where(states.heartbeat_at.is_not(None))
        .order_by(states.heartbeat_received_at)
    )
    return {device: (said_at - received_at) / _SECOND for device, said_at, received_at in rows}
