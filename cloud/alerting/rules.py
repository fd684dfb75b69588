"""What is unusual, as measures and thresholds; nothing is read and nothing is remembered here.

Each kind has two thresholds: an alert is raised at the upper one and cleared below the lower one,
so that what hovers in between does not flicker. A condition has to hold for a time before it raises
and before it clears. What cannot be judged (a blind camera's crowd, ten minutes of which little was
observed) gives no measure, and no measure leaves an alert as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cloud.windows.audience import Tally
from wire.audience import BlindCause

LOOK_BACK: Final = timedelta(minutes=10)
MOSTLY_OBSERVED: Final = (
    0.8  # of the ten minutes must be seen before their emptiness means anything
)
LEAST_SHARE: Final = 0.5
"""The share of a period that must have been observed, or told of, before a rule may judge it."""
MOTION_SHARE: Final = 0.05  # of the frames went to the detector: something moved before the camera
RARE_CROWD: Final = (
    0.2  # people in view on average: where they are rarer, nobody is nothing unusual
)
FEWEST_VISITS: Final = 30  # below that, a rate says nothing
HOUR_MS: Final = 3_600_000
USUAL_WEEKS: Final = 8
FEWEST_WEEKS: Final = 2
FEWEST_QUALITY_WEEKS: Final = 4
LEAST_MARGIN: Final = 0.15  # of a share: twice the swing of a steady camera, and some more
SWINGS: Final = 2.0  # a camera that is always unsteady has to go further
VISION_CAUSES: Final = tuple(cause for cause in BlindCause if cause is not BlindCause.PAUSED)
"""Causes that say how well it sees; paused it need not see."""
_SECOND: Final = timedelta(seconds=1)


class QualityShare(StrEnum):
    """Shares of an hour that say how well it was measured; the smaller the better."""

    UNSEEN = "of its time it could not see"
    UNSURE = "of the time people were in view it could not tell where they looked"
    DROPPED = "of its frames were dropped"


class AlertKind(StrEnum):
    """What can be the matter."""

    SURGE = "crowd.surge"  # times the usual for the hour of the week
    COLLAPSE = "attention.collapse"  # times less than usual
    NO_FACES = "equipment.no_faces"  # minutes with light and motion, and nobody
    UNOBSERVED = "camera.unobserved"  # share of the last ten minutes
    OFFLINE = "camera.offline"  # minutes without a word
    CLOCK = "camera.clock"  # seconds that its clock is wrong
    DRIFT = "quality.drift"  # margins by which an hour is worse than the worst of its weeks
    NO_DATA = "location.no_data"  # hours since the newest measurement of the place
    QUARANTINED = "device.quarantined"  # 1 while ingest refuses the device's messages


NO_HOLD: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Raised at `raise_at` and above, cleared below `clear_at`, each after it held for a time.

    `hold_clear` is the first of a day: see `cloud.alerting.lifecycle`.
    """

    raise_at: float
    clear_at: float
    hold_raise: timedelta = NO_HOLD
    hold_clear: timedelta = timedelta(minutes=15)

    def __post_init__(self) -> None:
        if self.clear_at > self.raise_at:
            raise ValueError(f"cleared below {self.clear_at}, which is above {self.raise_at}")


_A_FEW_MINUTES: Final = timedelta(minutes=2)
THRESHOLDS: Final = {
    AlertKind.SURGE: Thresholds(3.0, 2.0, _A_FEW_MINUTES),
    AlertKind.COLLAPSE: Thresholds(3.0, 2.0, _A_FEW_MINUTES),
    AlertKind.NO_FACES: Thresholds(10.0, 1.0),
    AlertKind.UNOBSERVED: Thresholds(0.5, 0.2, _A_FEW_MINUTES),
    AlertKind.OFFLINE: Thresholds(10.0, 5.0),  # its unit is a hold time
    AlertKind.CLOCK: Thresholds(120.0, 60.0, timedelta(minutes=5)),
    AlertKind.DRIFT: Thresholds(1.0, 0.5, hold_clear=NO_HOLD),  # judged once an hour
    AlertKind.NO_DATA: Thresholds(3.0, 2.0, hold_clear=NO_HOLD),
    AlertKind.QUARANTINED: Thresholds(
        1.0, 1.0, hold_clear=NO_HOLD
    ),  # ingest ends a quarantine by a rule
}


@dataclass(frozen=True, slots=True)
class Measure:
    """How bad it is with one thing at one place; `device` is empty for the whole place."""

    kind: AlertKind
    location: str
    device: str
    value: float
    message: str


@dataclass(frozen=True, slots=True)
class UsualCrowd:
    """The people in view of one camera at this hour of the week: the median of earlier weeks."""

    weeks: int
    crowd: float


@dataclass(frozen=True, slots=True)
class UsualRange:
    """The least and the most of a share in the same hour of earlier weeks, without the extremes."""

    weeks: int
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """What one camera has said lately: `tally` of the last ten minutes."""

    location: str
    device: str
    tally: Tally | None
    heard_at: datetime | None
    clock_off_s: float | None
    is_expected: bool = True


@dataclass(frozen=True, slots=True)
class LocationStatus:
    """What one place measured: the last ten minutes by camera, and the last hour.

    `cameras` are those with a tally. `expected` says how many should report. `attention_rate` is
    the median of the same hour of earlier weeks. `data_age_h` are the hours since the newest
    measurement; None where there never was one.
    """

    location: str
    cameras: Sequence[tuple[Tally, UsualCrowd | None]]
    hour: Tally | None
    expected: int
    attention_rate: float | None = None
    data_age_h: float | None = None


def measure_location(place: LocationStatus) -> Iterator[Measure]:
    """Measures of a place: its last ten minutes, its last hour, and the age of its data."""
    yield from _surge(place)
    yield from _collapse(place)
    if place.expected and place.data_age_h is not None:
        said = f"no measurement for {place.data_age_h:.0f} hours: check its cameras and network"
        yield Measure(AlertKind.NO_DATA, place.location, "", place.data_age_h, said)


def _surge(place: LocationStatus) -> Iterator[Measure]:
    """Each camera against its own usual: one that is missing changes neither side."""
    enough_ms = LEAST_SHARE * (LOOK_BACK / _SECOND) * 1_000
    judged = [
        (tally, usual.crowd)
        for tally, usual in place.cameras
        if usual is not None and usual.weeks >= FEWEST_WEEKS and tally.observed_ms >= enough_ms
    ]
    if not judged:
        return
    observed_ms = sum(tally.observed_ms for tally, _ in judged)
    crowd = sum(tally.person_ms for tally, _ in judged) / observed_ms
    usual = sum(tally.observed_ms * usual for tally, usual in judged) / observed_ms
    if usual >= RARE_CROWD:
        times = crowd / usual
        said = f"{crowd:.1f} people in view, {times:.1f} times the usual {usual:.1f}"
        yield Measure(AlertKind.SURGE, place.location, "", times, said)


def _collapse(place: LocationStatus) -> Iterator[Measure]:
    hour, usual = place.hour, place.attention_rate
    if hour is None or not usual or hour.visits < FEWEST_VISITS:
        return
    if hour.observed_ms < LEAST_SHARE * HOUR_MS * max(1, place.expected):
        return
    rate = hour.onlookers / hour.visits
    times = usual / max(rate, 1 / hour.visits)
    said = f"{rate:.1%} of {hour.visits} visitors looked; usual are {usual:.1%}"
    yield Measure(AlertKind.COLLAPSE, place.location, "", times, said)


def measure_camera(
    camera: CameraStatus, usual: UsualCrowd | None, now: datetime
) -> Iterator[Measure]:
    """Measures of one camera."""
    yield from _silence(camera, now)
    if camera.clock_off_s is not None:
        said = f"its clock is {camera.clock_off_s:.0f} s off: check its time service"
        yield Measure(
            AlertKind.CLOCK, camera.location, camera.device, abs(camera.clock_off_s), said
        )
    if camera.tally is not None:
        yield from _blindness(camera, camera.tally)
        yield from _emptiness(camera, camera.tally, usual)


def measure_quality(
    camera: CameraStatus,
    hour: Mapping[QualityShare, float],
    usual: Mapping[QualityShare, UsualRange],
) -> Iterator[Measure]:
    """How much worse the last hour was than the worst of its weeks, in the worst of its shares."""
    worst: tuple[float, str] | None = None
    for quality, share in hour.items():
        span = usual.get(quality)
        if span is None or span.weeks < FEWEST_QUALITY_WEEKS:
            continue
        margin = max(LEAST_MARGIN, SWINGS * (span.most - span.least))
        beyond = max(0.0, (share - span.most) / margin)
        said = f"{share:.0%} {quality}; usual at this hour are {span.least:.0%} to {span.most:.0%}"
        worst = max(worst or (beyond, said), (beyond, said))
    if worst is not None:
        yield Measure(AlertKind.DRIFT, camera.location, camera.device, *worst)


def _silence(camera: CameraStatus, now: datetime) -> Iterator[Measure]:
    if camera.heard_at is None or not camera.is_expected:
        return  # never heard: it may not be built yet
    minutes = (now - camera.heard_at) / _SECOND / 60
    said = f"last heard at {camera.heard_at:%Y-%m-%d %H:%M:%S}Z, {minutes:.0f} minutes ago"
    yield Measure(AlertKind.OFFLINE, camera.location, camera.device, minutes, said)


def _blindness(camera: CameraStatus, tally: Tally) -> Iterator[Measure]:
    blind_ms = sum(tally.blind_ms[cause] for cause in VISION_CAUSES)
    told_ms = blind_ms + tally.observed_ms
    if told_ms < LEAST_SHARE * (LOOK_BACK / _SECOND) * 1_000:
        return
    share = blind_ms / told_ms
    worst = max(VISION_CAUSES, key=lambda cause: tally.blind_ms[cause])
    said = f"{share:.0%} of its last ten minutes blind, most of it {worst}"
    yield Measure(AlertKind.UNOBSERVED, camera.location, camera.device, share, said)


def _emptiness(camera: CameraStatus, tally: Tally, usual: UsualCrowd | None) -> Iterator[Measure]:
    if usual is not None and usual.crowd < RARE_CROWD:
        return
    enough_ms = MOSTLY_OBSERVED * (LOOK_BACK / _SECOND) * 1_000
    moving = tally.frames_captured and tally.frames_analysed / tally.frames_captured >= MOTION_SHARE
    if tally.person_ms:
        yield Measure(AlertKind.NO_FACES, camera.location, camera.device, 0.0, "it sees people")
    elif tally.observed_ms >= enough_ms and moving:
        minutes = LOOK_BACK / _SECOND / 60
        said = f"light and motion for {minutes:.0f} minutes and not one person: look at the camera"
        yield Measure(AlertKind.NO_FACES, camera.location, camera.device, minutes, said)
