"""Configuration of a device: shadows and jobs on `$aws/things/{device}/...`.

The topics and documents are those of AWS IoT Device Shadow and Jobs, so that one agent serves a
self-hosted broker and AWS IoT Core alike. A device's thing name is its device id.

The `config` shadow carries `DeviceConfig` twice: `desired` by the operator, `reported` by the
device, with the outcome of the last desired config in `config_outcome`. A field that is absent from
`desired` has the device's own default; `null` removes it. A desired config with any invalid part
changes nothing.
"""

from difflib import get_close_matches
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from msgspec import UNSET, Meta, UnsetType

from wire.scalars import DeviceId, Sentence, WireMessage, Word
from wire.visible_names import check_visible_name

THINGS: Final = "$aws/things"
CONFIG_SHADOW: Final = "config"
PRIVACY_SHADOW: Final = (
    "privacy"  # a signed `wire.fleet.privacy_manifest`, reported and never desired
)
DECLARATION_ANSWERS: Final = ("update/accepted", "update/rejected", "delete/accepted")
SHADOW_ACTIONS: Final = ("get", "update", "delete")
SHADOW_ANSWERS: Final = (
    "get/accepted",
    "get/rejected",
    "update/accepted",
    "update/rejected",
    "update/delta",
    "delete/accepted",
)
JOB_REQUESTS: Final = ("get", "start-next", "+/get", "+/update")
JOB_ANSWERS: Final = (
    "notify-next",
    "start-next/accepted",
    "start-next/rejected",
    "+/update/accepted",
    "+/update/rejected",
)
LARGEST_CONFIG_BYTES: Final = 8 * 1024  # AWS's limit of a shadow's state

IntervalMs = Annotated[int, Meta(ge=1_000, le=60_000, description="divides one minute")]
Ratio = Annotated[float, Meta(ge=0, le=1)]
Degrees = Annotated[float, Meta(gt=0, le=90)]
Grey = Annotated[float, Meta(ge=0, le=255)]
Metres = Annotated[float, Meta(ge=-100, le=100)]
Seconds = Annotated[float, Meta(ge=0, le=10)]
Point = Annotated[
    tuple[Ratio, Ratio], Meta(description="shares of width and height, from the upper left")
]
Polygon = Annotated[tuple[Point, ...], Meta(min_length=3, max_length=64)]
ClockTime = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ZoneConfig(WireMessage, frozen=True, kw_only=True):
    """A named part of the frame whose people are also counted separately."""

    name: Word
    polygon: Polygon

    def __post_init__(self) -> None:
        check_visible_name("zone name", self.name)


class OpeningHours(WireMessage, frozen=True, kw_only=True):
    """From `opens` up to `closes`, local time, on each of these days; 24:00 is the day's end."""

    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)]
    opens: ClockTime
    closes: ClockTime

    def __post_init__(self) -> None:
        if self.closes <= self.opens:
            raise ValueError(
                f"hours end ({self.closes}) before they start ({self.opens}): write a night as two"
            )


class ScheduleConfig(WireMessage, frozen=True, kw_only=True):
    """When the camera measures; without hours it always does."""

    time_zone: Word
    hours: Annotated[tuple[OpeningHours, ...], Meta(max_length=64)]

    def __post_init__(self) -> None:
        check_time_zone(self.time_zone)


def check_time_zone(name: str) -> None:
    """Refuse a name that is no IANA time zone; the error suggests similar names."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        near = get_close_matches(name, available_timezones(), n=3) or ["Europe/London"]
        raise ValueError(
            f"time_zone {name[:64]!r} is no IANA time zone: write {' or '.join(near)}, or see "
            "https://data.iana.org/time-zones"
        ) from None


class LensConfig(WireMessage, frozen=True, kw_only=True):
    """Position and direction of the lens, relative to the centre of the screen, facing outwards."""

    horizontal_fov_deg: Annotated[float, Meta(ge=5, le=175)]
    x_m: Metres = 0.0
    y_m: Metres = 0.0
    z_m: Metres = 0.0
    pan_deg: Annotated[float, Meta(ge=-180, le=180)] = 0.0
    tilt_deg: Annotated[float, Meta(ge=-90, le=90)] = 0.0
    roll_deg: Annotated[float, Meta(ge=-180, le=180)] = 0.0


class ViewConfig(WireMessage, frozen=True, kw_only=True):
    """Size of the screen and pose of the camera: attention is then computed from geometry."""

    screen_width_m: Annotated[float, Meta(gt=0, le=100)]
    screen_height_m: Annotated[float, Meta(gt=0, le=100)]
    camera: LensConfig
    gaze_margin_deg: Annotated[float, Meta(ge=0, le=45)] = 12.0


class ConfigThresholds(WireMessage, frozen=True, kw_only=True):
    """Thresholds; each overrides the setting of the same name."""

    face: Ratio | UnsetType = UNSET
    dark_below: Grey | UnsetType = UNSET
    bright_above: Grey | UnsetType = UNSET
    flat_below: Grey | UnsetType = UNSET
    sharp_ratio: Ratio | UnsetType = UNSET
    smallest_change: Annotated[int, Meta(ge=1, le=128)] | UnsetType = UNSET
    looking_yaw_deg: Degrees | UnsetType = UNSET
    looking_pitch_deg: Degrees | UnsetType = UNSET
    facing_deg: Degrees | UnsetType = UNSET
    confirm_s: Seconds | UnsetType = UNSET
    lost_after_s: Seconds | UnsetType = UNSET


class DeviceConfig(WireMessage, frozen=True, kw_only=True):
    """What can be configured remotely. Sources and credentials cannot."""

    report_interval_ms: IntervalMs | UnsetType = UNSET
    heartbeat_interval_ms: IntervalMs | UnsetType = UNSET
    paused: bool | UnsetType = UNSET
    schedule: ScheduleConfig | UnsetType = UNSET
    analysed_fps: Annotated[float, Meta(gt=0, le=30)] | UnsetType = UNSET
    analysed_px: (
        Annotated[int, Meta(ge=64, le=4096, description="longer side that the detector sees")]
        | UnsetType
    ) = UNSET
    masks: Annotated[tuple[Polygon, ...], Meta(max_length=32)] | UnsetType = UNSET
    zones: Annotated[tuple[ZoneConfig, ...], Meta(max_length=16)] | UnsetType = UNSET
    view: ViewConfig | UnsetType = UNSET
    thresholds: ConfigThresholds | UnsetType = UNSET
    demographics: bool | UnsetType = UNSET
    detector: Word | UnsetType = UNSET
    attention: Word | UnsetType = UNSET

    def __post_init__(self) -> None:
        for name in ("report_interval_ms", "heartbeat_interval_ms"):
            value = getattr(self, name)
            if value is not UNSET and (60_000 % value or value % 1_000):
                raise ValueError(
                    f"{name} of {value} ms does not divide one minute into whole seconds"
                )


class ConfigOutcome(WireMessage, frozen=True, kw_only=True):
    """Outcome of the desired config of the shadow at `version`."""

    outcome: Literal["applied", "rejected", "rolled-back"]
    version: Annotated[int, Meta(ge=0)]
    reason: Sentence = ""


def shadow_topic(device: DeviceId, action: str, *, shadow: str | None = None) -> str:
    """Topic on which a device requests one of its shadows; the classic shadow has no name."""
    name = f"/name/{shadow}" if shadow is not None else ""
    return f"{THINGS}/{device}/shadow{name}/{action}"


def jobs_topic(device: DeviceId, request: str) -> str:
    """Topic on which a device requests its jobs: `get`, `start-next`, `{id}/get`, `{id}/update`."""
    return f"{THINGS}/{device}/jobs/{request}"


def response_topics(device: DeviceId) -> tuple[str, ...]:
    """Topic filters that a managed device subscribes to. AWS accepts eight in one request."""
    shadow = [shadow_topic(device, one, shadow=CONFIG_SHADOW) for one in SHADOW_ANSWERS]
    declared = [shadow_topic(device, one, shadow=PRIVACY_SHADOW) for one in DECLARATION_ANSWERS]
    return (*shadow, *declared, *(jobs_topic(device, one) for one in JOB_ANSWERS))
