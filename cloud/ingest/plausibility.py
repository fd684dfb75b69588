"""Bounds of every value in a report or heartbeat, by its interval and the people in view.

A report that exceeds a bound is a dead letter as a whole, because sums cannot be taken back. The
bounds are wide: they refuse what no camera can measure, not what is unusual. Nothing here needs a
database; the bound that depends on the stream's mark is in `received_ranges`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cloud.sites.camera_listings import Listing
from wire.audience import AudienceReport, SensorSum
from wire.health import DeviceFigures, Heartbeat
from wire.histogram import DWELL_EDGES_MS
from wire.scalars import DeviceId, LocationId

PEOPLE_PER_CAMERA: Final = 500
"""People in view of one camera at once. The detector returns at most 160 faces per picture, and
tracks outlive single pictures; three times that is more than any camera can tell apart."""
PEOPLE_PER_SECOND: Final = 30
"""People who enter, or leave, the view of one camera in a second. A dense crowd passes a line at
1.2 to 1.5 people per second and metre of width (Weidmann 1993; Fruin's level of service E), and at
2 in a crush. 30 is a line of 20 metres at 1.5, wider than one camera can watch person by person."""
SHORTEST_INTERVAL: Final = timedelta(seconds=1)
"""The shortest report interval that a device accepts (`report_interval_ms`)."""
SHORT_REPORTS: Final = 10
"""Extra reports in the range of a downsampled one: a start, a stop or a change of configuration
ends an interval early."""
LONGEST_VISIT_MS: Final = 24 * 3_600_000
FRAMES_PER_S: Final = 1_000  # the fastest cameras deliver 240
READINGS_PER_S: Final = 1_000
PLAYS_PER_S: Final = 10
SNAPSHOTS_PER_S: Final = 10
LARGEST_READING: Final = 10**12  # thousandths of a sensor's unit
MOST_WAITING: Final = 10_000_000  # reports of all streams of a device: ten years of half minutes
REMAINDER_MS: Final = 60_000
"""Dwell of earlier visits that a report may add: a device reports that of small groups in steps."""
LONGEST_UPTIME_MS: Final = 20 * 366 * 24 * 3_600_000
EVENTS_PER_S: Final = 10
"""Reconnections, stalls and other events of a device since its start."""
LARGEST_BYTES: Final = 2**50
"""Memory and disk of a device: a pebibyte."""
TOTAL_FRAMES_PER_S: Final = 10_000  # since the start; a recording may be read faster than it ran
LARGEST_OFFSET_MS: Final = 200 * 366 * 24 * 3_600_000  # of a clock set to 1900, amply
LARGEST_TEMPERATURE: Final = 1_000_000  # thousandths of a degree

_SECOND: Final = timedelta(seconds=1)
_MILLISECOND: Final = timedelta(milliseconds=1)
Bound = tuple[str, int, int]
"""(field, reported value, largest plausible value)."""


def _as_it_is(location: LocationId) -> LocationId:
    return location


def _not_listed(_location: LocationId, _device: DeviceId) -> int | None:
    return None


def _without_listings(_device: DeviceId) -> Sequence[Listing]:
    return ()


@dataclass(frozen=True, slots=True)
class ValidationRules:
    """Limits of plausible reports, and the present ids of locations.

    `current_id` gives the present id of a location that had another. `people` gives the number of
    people that one camera can see, where the sites file says so; None means `people_per_camera`.
    `people_per_second` bounds those who enter, and those who leave, its view. `listings` gives the
    locations of a camera with their dates.
    """

    people_per_camera: int = PEOPLE_PER_CAMERA
    people_per_second: int = PEOPLE_PER_SECOND
    shortest_interval: timedelta = SHORTEST_INTERVAL
    current_id: Callable[[LocationId], LocationId] = _as_it_is
    people: Callable[[LocationId, DeviceId], int | None] = _not_listed
    listings: Callable[[DeviceId], Sequence[Listing]] = _without_listings

    def most_people(self, location: LocationId, device: DeviceId) -> int:
        """People that the camera can see at once."""
        return self.people(location, device) or self.people_per_camera

    def sequences_within(self, length: timedelta) -> int:
        """The largest number of reports in an interval."""
        return max(0, -(-length // self.shortest_interval)) + SHORT_REPORTS


def implausible_range(report: AudienceReport, rules: ValidationRules) -> str | None:
    """Why the report cannot cover so many sequence numbers; None when it can."""
    count = report.sequence.last - report.sequence.first + 1
    length = report.ends_at - report.starts_at
    most = rules.sequences_within(length)
    if count <= most:
        return None
    return (
        f"covers {count} sequence numbers ({report.sequence.first} to {report.sequence.last}) "
        f"in {length / _SECOND:g} s; at most {most} reports fit into it"
    )


def implausible_figure(
    report: AudienceReport, people: int, per_second: int = PEOPLE_PER_SECOND
) -> str | None:
    """Why no camera can measure this that sees at most `people`, of whom `per_second` may change.

    None when a camera can.
    """
    for field, reported, most in _bounds(report, people, per_second):
        if reported > most:
            length_s = (report.ends_at - report.starts_at) / _SECOND
            return (
                f"{field} is {reported} in {length_s:g} s; at most {most} is plausible for a "
                f"camera that sees {people} people at once (people_per_camera), of whom "
                f"{per_second} a second may enter or leave (people_per_second)"
            )
    return next(_odd_sensors(report), None)


def implausible_heartbeat(beat: Heartbeat) -> str | None:
    """Why no device can report this; None when one can.

    A wrong clock is plausible: it is stored and raises an alert.
    """
    for field, reported, most in _heartbeat_bounds(beat):
        if reported > most:
            return f"{field} of the heartbeat is {reported}; at most {most} is plausible"
    return None


def _heartbeat_bounds(beat: Heartbeat) -> Iterator[Bound]:
    seconds = 1 + beat.uptime_ms // 1_000
    frames, events = TOTAL_FRAMES_PER_S * seconds, EVENTS_PER_S * seconds
    yield "uptime_ms", beat.uptime_ms, LONGEST_UPTIME_MS
    yield "frames_captured", beat.frames_captured, frames
    yield "frames_analysed", beat.frames_analysed, frames
    yield "outbox_reports", beat.outbox_reports, MOST_WAITING
    yield "reconnects", beat.reconnects, events
    yield "rss_bytes", beat.rss_bytes, LARGEST_BYTES
    if beat.gate:
        for name in ("sampled", "by_track", "by_motion", "by_heartbeat", "missed"):
            yield f"gate.{name}", getattr(beat.gate, name), frames
    if beat.figures:
        yield from _figure_bounds(beat.figures, frames, events)


def _figure_bounds(figures: DeviceFigures, frames: int, events: int) -> Iterator[Bound]:
    yield "frames_milli_hz", figures.frames_milli_hz, 1_000 * TOTAL_FRAMES_PER_S
    yield "frames_dropped", figures.frames_dropped, frames
    yield "stalls", figures.stalls, events
    yield "model_faults", figures.model_faults, frames
    yield "outbox_bytes", figures.outbox_bytes, LARGEST_BYTES
    yield "disk_free_bytes", figures.disk_free_bytes, LARGEST_BYTES
    yield "clock_ahead_ms", abs(figures.clock_ahead_ms or 0), LARGEST_OFFSET_MS
    yield "temperature_milli_c", abs(figures.temperature_milli_c or 0), LARGEST_TEMPERATURE


def _bounds(report: AudienceReport, people: int, per_second: int) -> Iterator[Bound]:
    length_ms = -(-(report.ends_at - report.starts_at) // _MILLISECOND)
    # all who fit into the view may be there when an interval begins, and be counted in it
    visits = people + per_second * -(-length_ms // 1_000)
    yield "peak", report.peak, people
    yield "person_ms", report.person_ms, people * length_ms
    yield "entries", report.entries, visits
    yield "visits", report.visits, visits
    yield "dwell_ms", report.dwell_ms, _longest_dwell_ms(report)
    frames = _per_s(FRAMES_PER_S, length_ms)
    for name in ("captured", "dropped", "analysed"):
        yield f"frames.{name}", getattr(report.frames, name), frames
    for name, zone in (report.zones or {}).items():
        yield f"zones.{name}.entries", zone.entries, visits
    for name, creative in (report.creatives or {}).items():
        yield f"creatives.{name}.plays", creative.plays, _per_s(PLAYS_PER_S, length_ms)
    if report.snapshots:
        yield "snapshots.taken", report.snapshots.taken, _per_s(SNAPSHOTS_PER_S, length_ms)
        yield "snapshots.people", report.snapshots.people, report.snapshots.taken * people
    for name, reading in report.sensors.items():
        readings = _per_s(READINGS_PER_S, length_ms)
        yield f"sensors.{name}.samples", reading.samples, readings


def _per_s(rate: int, length_ms: int) -> int:
    return rate * (1 + -(-length_ms // 1_000))


def _longest_dwell_ms(report: AudienceReport) -> int:
    """The longest total dwell: by the histogram, and a day for each visit that it leaves out."""
    ends = (*DWELL_EDGES_MS, LONGEST_VISIT_MS)
    known = sum(visits * end for visits, end in zip(report.dwell_histogram, ends, strict=True))
    unknown = report.visits - sum(report.dwell_histogram)
    return known + unknown * LONGEST_VISIT_MS + REMAINDER_MS


def _odd_sensors(report: AudienceReport) -> Iterator[str]:
    for name, reading in report.sensors.items():
        if not name.isprintable():
            yield f"sensors: the name {name!r} has characters that do not print"
        values = (reading.total_milli, reading.least_milli, reading.most_milli)
        if max(map(abs, values)) > LARGEST_READING:
            yield f"sensors.{name} reads more than {LARGEST_READING} thousandths"
        if not _is_between(reading):
            yield f"sensors.{name}.total_milli does not lie between its extremes"


def _is_between(reading: SensorSum) -> bool:
    least, most = reading.least_milli * reading.samples, reading.most_milli * reading.samples
    return least <= reading.total_milli <= most
