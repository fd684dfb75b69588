"""Alert rules: measures of cameras and locations, and the thresholds that raise and clear alerts.

The functions are pure. An alert is raised at the upper threshold and cleared below the lower one,
so that a value between the two changes nothing. A condition must hold for a time before the alert
is raised and before it is cleared. What cannot be judged (a crowd that was mostly unobserved) has
no measure, and an alert without a measure stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cloud.windows.audience import AudienceSums
from wire.audience import BlindCause

LOOK_BACK: Final = timedelta(minutes=10)
MOSTLY_OBSERVED_SHARE: Final = (
    0.8  # of the ten minutes must be seen before their emptiness means anything
)
MIN_OBSERVED_SHARE: Final = 0.5
"""The share of a period that must be observed or accounted for before a rule judges it."""
MOTION_SHARE: Final = 0.05  # of the frames went to the detector: something moved before the camera
RARE_CROWD: Final = 0.2  # average people in view; below it an empty view is usual
MIN_VISITS: Final = 30  # fewer give no meaningful rate
HOUR_MS: Final = 3_600_000
USUAL_WEEKS: Final = 8
MIN_WEEKS: Final = 2
MIN_QUALITY_WEEKS: Final = 4
MIN_MARGIN: Final = 0.15  # of a share: more than twice the variation of a steady camera
SWINGS: Final = 2.0  # multiplies the camera's own variation
VISION_CAUSES: Final = tuple(cause for cause in BlindCause if cause is not BlindCause.PAUSED)
"""Causes that concern the picture; a paused camera is not meant to observe."""
_SECOND: Final = timedelta(seconds=1)


class QualityShare(StrEnum):
    """Shares of an hour that describe the quality of measurement; smaller is better."""

    UNOBSERVED = "of its time was unobserved"
    UNSURE = "of the time in view had no attention result"
    DROPPED = "of its frames were dropped"


class AlertKind(StrEnum):
    """What an alert is about."""

    SURGE = "crowd.surge"  # times the usual for the hour of the week
    COLLAPSE = "attention.collapse"  # times less than usual
    NO_FACES = "equipment.no_faces"  # minutes of light and motion without a person
    UNOBSERVED = "camera.unobserved"  # share of the last ten minutes
    OFFLINE = "camera.offline"  # minutes without a report or heartbeat
    CLOCK = "camera.clock"  # seconds by which its clock is wrong
    DRIFT = "quality.drift"  # margins by which an hour is worse than the worst of its weeks
    NO_DATA = "location.no_data"  # hours since the newest observed hour of the location
    QUARANTINED = "device.quarantined"  # 1 while ingest refuses the device's messages
    NIGHTLY_LATE = "nightly.late"  # hours since the last complete nightly run
    PRODUCT_LIMIT = "product.limit"  # share of a limit of a data product that is used
    UNDER_DELIVERY = "campaign.under_delivery"  # share of what is expected that is missing for sure
    PRICE_MOVE = "retail.price_move"  # share by which a price differs from the approved one
    COMPETITOR_CUT = "retail.competitor_cut"  # share by which a price exceeds the competitor band
    STOCK_OUT = "retail.stock_out"  # 1 while a store has no stock of a product that it sells
    FLASH_SALE = "retail.flash_sale"  # times the stock that is needed, where demand is low
    PRICE_GAP = "retail.price_gap"  # share by which nearby stores differ
    EXPERIMENT_HARM = "retail.experiment_harm"  # 1 while a price experiment loses margin for sure


RETAIL: Final = "retail."
"""The beginning of kinds whose alerts have a store as location and a product as device."""


class Severity(StrEnum):
    """How urgent an alert is."""

    CRITICAL = "critical"  # nothing is measured
    WARNING = "warning"  # what is measured may be wrong
    INFO = "info"  # what is measured is unusual


NO_HOLD: Final = timedelta()


@dataclass(frozen=True, slots=True)
class AlertThresholds:
    """Raised at `raise_at` and above, cleared below `clear_at`, each after it held for a time.

    `hold_clear` is the first of a day: see `cloud.alerting.lifecycle`.
    """

    raise_at: float
    clear_at: float
    hold_raise: timedelta = NO_HOLD
    hold_clear: timedelta = timedelta(minutes=15)
    severity: Severity = Severity.WARNING

    def __post_init__(self) -> None:
        if self.clear_at > self.raise_at:
            raise ValueError(f"cleared below {self.clear_at}, which is above {self.raise_at}")


TWO_MINUTES: Final = timedelta(minutes=2)
THRESHOLDS: Final = {
    AlertKind.SURGE: AlertThresholds(3.0, 2.0, TWO_MINUTES, severity=Severity.INFO),
    AlertKind.COLLAPSE: AlertThresholds(3.0, 2.0, TWO_MINUTES, severity=Severity.INFO),
    AlertKind.NO_FACES: AlertThresholds(10.0, 1.0),
    AlertKind.UNOBSERVED: AlertThresholds(0.5, 0.2, TWO_MINUTES, severity=Severity.CRITICAL),
    AlertKind.OFFLINE: AlertThresholds(10.0, 5.0, severity=Severity.CRITICAL),  # a duration itself
    AlertKind.CLOCK: AlertThresholds(120.0, 60.0, timedelta(minutes=5)),
    AlertKind.DRIFT: AlertThresholds(1.0, 0.5, hold_clear=NO_HOLD),  # evaluated once an hour
    AlertKind.NO_DATA: AlertThresholds(3.0, 2.0, hold_clear=NO_HOLD, severity=Severity.CRITICAL),
    AlertKind.QUARANTINED: AlertThresholds(
        1.0, 1.0, hold_clear=NO_HOLD, severity=Severity.CRITICAL
    ),  # ingest decides when a quarantine ends
    AlertKind.NIGHTLY_LATE: AlertThresholds(26.0, 26.0, hold_clear=NO_HOLD),  # a day, and two hours
    AlertKind.PRODUCT_LIMIT: AlertThresholds(1.0, 1.0, hold_clear=NO_HOLD),  # evaluated hourly
    AlertKind.UNDER_DELIVERY: AlertThresholds(0.1, 0.05, hold_clear=NO_HOLD),  # evaluated hourly
    AlertKind.PRICE_MOVE: AlertThresholds(0.15, 0.05, hold_clear=NO_HOLD),
    AlertKind.COMPETITOR_CUT: AlertThresholds(
        0.01, 0.0, hold_clear=NO_HOLD, severity=Severity.INFO
    ),
    AlertKind.STOCK_OUT: AlertThresholds(1.0, 1.0, hold_clear=NO_HOLD),
    AlertKind.FLASH_SALE: AlertThresholds(2.0, 1.5, hold_clear=NO_HOLD, severity=Severity.INFO),
    AlertKind.PRICE_GAP: AlertThresholds(0.10, 0.05, hold_clear=NO_HOLD, severity=Severity.INFO),
    AlertKind.EXPERIMENT_HARM: AlertThresholds(1.0, 1.0, hold_clear=NO_HOLD),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """The value of one rule for one camera; for a location when `device` is empty, for all of them
    when `location` is empty too.
    """

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
    """The range of a share in the same hour of earlier weeks, without the extremes."""

    weeks: int
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """The latest data of one camera: `tally` of the last ten minutes."""

    location: str
    device: str
    tally: AudienceSums | None
    last_message_at: datetime | None
    clock_off_s: float | None
    is_expected: bool = True


@dataclass(frozen=True, slots=True)
class LocationStatus:
    """What one location measured: the last ten minutes by camera, and the last hour.

    `cameras` are those with a tally. `expected` says how many should report. `attention_rate` is
    the median of the same hour of earlier weeks. `data_age_h` are the hours since the newest
    measurement; None where there never was one.
    """

    location: str
    cameras: Sequence[tuple[AudienceSums, UsualCrowd | None]]
    hour: AudienceSums | None
    expected: int
    attention_rate: float | None = None
    data_age_h: float | None = None


def measure_location(location_status: LocationStatus) -> Iterator[Measure]:
    """Measures of a location: its last ten minutes, its last hour, and the age of its data."""
    yield from _measure_surge(location_status)
    yield from _measure_collapse(location_status)
    if location_status.expected and location_status.data_age_h is not None:
        age_h = location_status.data_age_h
        message = f"no measurement for {age_h:.0f} hours: check its cameras and network"
        yield Measure(
            AlertKind.NO_DATA, location_status.location, "", location_status.data_age_h, message
        )


def _measure_surge(location_status: LocationStatus) -> Iterator[Measure]:
    """Compare each camera with its own usual crowd; a missing camera changes neither side."""
    enough_ms = MIN_OBSERVED_SHARE * (LOOK_BACK / _SECOND) * 1_000
    usable = [
        (tally, usual.crowd)
        for tally, usual in location_status.cameras
        if usual is not None and usual.weeks >= MIN_WEEKS and tally.observed_ms >= enough_ms
    ]
    if not usable:
        return
    observed_ms = sum(tally.observed_ms for tally, _ in usable)
    crowd = sum(tally.person_ms for tally, _ in usable) / observed_ms
    usual = sum(tally.observed_ms * usual for tally, usual in usable) / observed_ms
    if usual >= RARE_CROWD:
        ratio = crowd / usual
        message = f"{crowd:.1f} people in view, {ratio:.1f} times the usual {usual:.1f}"
        yield Measure(AlertKind.SURGE, location_status.location, "", ratio, message)


def _measure_collapse(location_status: LocationStatus) -> Iterator[Measure]:
    hour, usual = location_status.hour, location_status.attention_rate
    if hour is None or not usual or hour.visits < MIN_VISITS:
        return
    if hour.observed_ms < MIN_OBSERVED_SHARE * HOUR_MS * max(1, location_status.expected):
        return
    rate = hour.onlookers / hour.visits
    ratio = usual / max(rate, 1 / hour.visits)
    message = f"{rate:.1%} of {hour.visits} visitors looked; usual is {usual:.1%}"
    yield Measure(AlertKind.COLLAPSE, location_status.location, "", ratio, message)


def measure_camera(
    camera: CameraStatus, usual: UsualCrowd | None, now: datetime
) -> Iterator[Measure]:
    """Measures of one camera."""
    yield from _measure_offline(camera, now)
    if camera.clock_off_s is not None:
        message = f"its clock is {camera.clock_off_s:.0f} s off: check its time service"
        yield Measure(
            AlertKind.CLOCK, camera.location, camera.device, abs(camera.clock_off_s), message
        )
    if camera.tally is not None:
        yield from _measure_unobserved(camera, camera.tally)
        yield from _measure_no_faces(camera, camera.tally, usual)


def measure_quality(
    camera: CameraStatus,
    hour: Mapping[QualityShare, float],
    usual: Mapping[QualityShare, UsualRange],
) -> Iterator[Measure]:
    """By how much the last hour is worse than earlier weeks, in the worst of its shares."""
    worst: tuple[float, str] | None = None
    for quality, share in hour.items():
        span = usual.get(quality)
        if span is None or span.weeks < MIN_QUALITY_WEEKS:
            continue
        margin = max(MIN_MARGIN, SWINGS * (span.most - span.least))
        excess = max(0.0, (share - span.most) / margin)
        message = (
            f"{share:.0%} {quality}; usual at this hour is {span.least:.0%} to {span.most:.0%}"
        )
        worst = max(worst or (excess, message), (excess, message))
    if worst is not None:
        yield Measure(AlertKind.DRIFT, camera.location, camera.device, *worst)


def _measure_offline(camera: CameraStatus, now: datetime) -> Iterator[Measure]:
    if camera.last_message_at is None or not camera.is_expected:
        return  # no message ever: it may not be installed yet
    minutes = (now - camera.last_message_at) / _SECOND / 60
    message = (
        f"last message at {camera.last_message_at:%Y-%m-%d %H:%M:%S}Z, {minutes:.0f} minutes ago"
    )
    yield Measure(AlertKind.OFFLINE, camera.location, camera.device, minutes, message)


def _measure_unobserved(camera: CameraStatus, tally: AudienceSums) -> Iterator[Measure]:
    blind_ms = sum(tally.blind_ms[cause] for cause in VISION_CAUSES)
    accounted_ms = blind_ms + tally.observed_ms
    if accounted_ms < MIN_OBSERVED_SHARE * (LOOK_BACK / _SECOND) * 1_000:
        return
    share = blind_ms / accounted_ms
    worst = max(VISION_CAUSES, key=lambda cause: tally.blind_ms[cause])
    message = f"{share:.0%} of its last ten minutes unobserved, mostly {worst}"
    yield Measure(AlertKind.UNOBSERVED, camera.location, camera.device, share, message)


def _measure_no_faces(
    camera: CameraStatus, tally: AudienceSums, usual: UsualCrowd | None
) -> Iterator[Measure]:
    if usual is not None and usual.crowd < RARE_CROWD:
        return
    enough_ms = MOSTLY_OBSERVED_SHARE * (LOOK_BACK / _SECOND) * 1_000
    moving = tally.frames_captured and tally.frames_analysed / tally.frames_captured >= MOTION_SHARE
    if tally.person_ms:
        yield Measure(AlertKind.NO_FACES, camera.location, camera.device, 0.0, "people are in view")
    elif tally.observed_ms >= enough_ms and moving:
        minutes = LOOK_BACK / _SECOND / 60
        message = f"light and motion for {minutes:.0f} minutes without a person: check the camera"
        yield Measure(AlertKind.NO_FACES, camera.location, camera.device, minutes, message)
