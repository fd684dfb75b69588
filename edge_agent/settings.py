"""What a camera is told about its work: one TOML file, refused as a whole when any of it is wrong.

Every value has a default that measures well on a street camera; a file names only what differs.
Durations carry their unit in the name. The digest travels with every report, so that a change of
settings can be told from a change of audience.
"""

import hashlib
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from wire.addresses import WEB_SCHEMES, AddressError, parse_address, parse_broker
from wire.audience import MOST_ZONES
from wire.device_config import check_time_zone
from wire.hosts import parse_host_and_port
from wire.visible_names import check_visible_name

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
T = TypeVar("T")
Positive = Annotated[float, Meta(gt=0)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
Point = tuple[Ratio, Ratio]  # shares of the picture's width and height, from its upper left
Polygon = Annotated[tuple[Point, ...], Meta(min_length=3, max_length=64)]
Clock = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
SensorName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$(?!\n)")]
Folder = Annotated[str, Meta(min_length=1, max_length=1024)]


class SettingsError(ValueError):
    """Settings that cannot be used: where, what was found, what was wanted."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class CaptureSettings(_Section, frozen=True):
    """How pictures are read. Frames beyond `analysed_fps` are decoded but not looked at.

    `masks` are painted over before anything looks at a picture.
    """

    analysed_fps: Annotated[float, Meta(gt=0, le=30)] = 5.0
    rest_after_s: Annotated[float, Meta(ge=0, le=3600)] = 0.0  # of stillness; 0 never rests
    hwaccel: Literal["none", "cuda", "drm", "qsv", "vaapi", "videotoolbox", "vulkan"] = "none"
    hwaccel_device: Annotated[str, Meta(max_length=128)] = ""  # such as /dev/dri/renderD128
    ca_file: Annotated[str, Meta(max_length=1024)] = ""  # of rtsps and https cameras; "" trusts all
    isolated: bool = True  # a live camera is read by a process of its own
    open_timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 10.0
    read_timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 5.0
    backoff_s: Annotated[float, Meta(ge=0.1, le=60)] = 0.5
    longest_backoff_s: Annotated[float, Meta(ge=0.1, le=600)] = 4.0  # back within ten seconds
    masks: Annotated[tuple[Polygon, ...], Meta(max_length=32)] = ()


class MotionSettings(_Section, frozen=True):
    """When the detector wakes. `always` looks at every sampled frame."""

    always: bool = False
    heartbeat_s: Annotated[float, Meta(ge=0.2, le=60)] = 5.0
    linger_s: Annotated[float, Meta(ge=0, le=60)] = 2.0
    smallest_change: Annotated[int, Meta(ge=1, le=128)] = 10
    smallest_blob_px: Annotated[int, Meta(ge=1, le=10_000)] = 12


class QualitySettings(_Section, frozen=True):
    """When a picture shows nothing that could be measured. `quality.py` gives the reasons."""

    dark_below: Annotated[float, Meta(ge=0, le=255)] = 24.0
    bright_above: Annotated[float, Meta(ge=0, le=255)] = 230.0
    flat_below: Annotated[float, Meta(ge=0, le=128)] = 4.0
    sharp_ratio: Annotated[float, Meta(ge=0, le=10)] = 0.0005
    frozen_after_s: Annotated[float, Meta(ge=1, le=3600)] = 30.0


class SnapshotSettings(_Section, frozen=True):
    """Single pictures instead of people's stays: one every `every_s`; 0 measures stays."""

    every_s: Annotated[int, Meta(ge=0, le=3600)] = 0


class TrackingSettings(_Section, frozen=True):
    """When faces in two pictures are one person. Time decides, never a number of frames."""

    confirm_hits: Annotated[int, Meta(ge=1, le=100)] = 4  # a head from behind fooled three
    confirm_s: Annotated[float, Meta(ge=0, le=10)] = 0.6
    confirm_within_s: Annotated[float, Meta(ge=0.1, le=10)] = 2.0
    lost_after_s: Annotated[float, Meta(ge=0.1, le=10)] = 1.5
    longest_gap_s: Annotated[float, Meta(ge=0.1, le=10)] = 1.0


class AttentionSettings(_Section, frozen=True):
    """When a head is turned to the screen. `attention.py` gives the reasons."""

    looking_yaw_deg: Annotated[float, Meta(gt=0, le=90)] = 20.0
    looking_pitch_deg: Annotated[float, Meta(gt=0, le=90)] = 20.0
    facing_deg: Annotated[float, Meta(gt=0, le=90)] = 45.0
    looking_ratio: Ratio = 0.6
    away_ratio: Ratio = 0.3
    hold_ratio: Ratio = 0.1
    filter_s: Annotated[float, Meta(ge=0, le=10)] = 0.4
    engaged_frames: Annotated[int, Meta(ge=1, le=1000)] = 3
    engaged_s: Annotated[float, Meta(ge=0, le=60)] = 1.0


class CameraPose(_Section, frozen=True):
    """Where the lens is and where it looks, seen from the screen looking out: `x_m` to the right,
    `y_m` up and `z_m` outwards from the middle of the screen; pan to the right, tilt up, roll
    clockwise. All zero: in the middle of the screen, looking straight out.
    """

    horizontal_fov_deg: Annotated[float, Meta(ge=5, le=175)]
    x_m: Annotated[float, Meta(ge=-100, le=100)] = 0.0
    y_m: Annotated[float, Meta(ge=-100, le=100)] = 0.0
    z_m: Annotated[float, Meta(ge=-100, le=100)] = 0.0
    pan_deg: Annotated[float, Meta(ge=-180, le=180)] = 0.0
    tilt_deg: Annotated[float, Meta(ge=-90, le=90)] = 0.0
    roll_deg: Annotated[float, Meta(ge=-180, le=180)] = 0.0


class ViewSettings(_Section, frozen=True):
    """The screen people may look at, and the camera that watches them. `screen.py` says how."""

    screen_width_m: Annotated[float, Meta(gt=0, le=100)]
    screen_height_m: Annotated[float, Meta(gt=0, le=100)]
    camera: CameraPose
    gaze_margin_deg: Annotated[float, Meta(ge=0, le=45)] = 12.0


class ModelSettings(_Section, frozen=True):
    """Which models look, by name: the agent's own, or those brought into one of `folders`.

    Null leaves the threshold that the detector's card states. Another is on the scale of the
    detector's scores: a probability where its card carries a calibration.
    """

    detector: Name = "onlooker-face"
    attention: Name = "onlooker-attention"
    demographics: Name = "onlooker-demographics"
    emotion: Name = "onlooker-emotion"
    folders: Annotated[tuple[Folder, ...], Meta(max_length=8)] = ("var/models",)
    input_px: Annotated[int, Meta(ge=64, le=4096)] = 640
    threshold: Ratio | None = None


class Zone(_Section, frozen=True):
    """A named part of the picture whose people are also counted apart. Zones may overlap."""

    name: Name
    polygon: Polygon

    def __post_init__(self) -> None:
        check_visible_name("zone name", self.name)


class Hours(_Section, frozen=True):
    """From `opens` to `closes`, local time, on each of these days; 24:00 is the day's end."""

    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)]
    opens: Clock
    closes: Clock


class ScheduleSettings(_Section, frozen=True):
    """When the camera measures. Without hours, always; while `paused`, never."""

    paused: bool = False
    time_zone: Name = "UTC"
    hours: Annotated[tuple[Hours, ...], Meta(max_length=64)] = ()


class LinkSettings(_Section, frozen=True):
    """How reports travel. `resend_after_s` doubles while the cloud stays silent. The client "aws"
    is AWS's own, for IoT Core; it must be installed and goes by certificate only.
    """

    client: Literal["paho", "aws"] = "paho"
    mqtt: Literal["3.1.1", "5"] = "3.1.1"  # of paho; 5 tells the agent the broker's packet limit
    batch: Annotated[int, Meta(ge=1, le=100)] = 50
    in_flight: Annotated[int, Meta(ge=1, le=10_000)] = 300
    resend_after_s: Annotated[float, Meta(ge=0.1, le=3600)] = 10.0
    longest_resend_s: Annotated[float, Meta(ge=0.1, le=86_400)] = 300.0
    keepalive_s: Annotated[int, Meta(ge=5, le=1200)] = 30
    heartbeat_s: Annotated[float, Meta(ge=1, le=3600)] = 30.0


class OutboxSettings(_Section, frozen=True):
    """How much disk the unacknowledged reports may take; 16 MiB are five days of half minutes."""

    budget_bytes: Annotated[int, Meta(ge=64 * 1024, le=2**40)] = 16 * 1024 * 1024


class PrivacySettings(_Section, frozen=True):
    """What may be estimated of a person. Counting only, unless this says otherwise.

    Nothing is told of fewer than `smallest_cell` people: no visits, no group by age and gender or
    by expression, no zone, no class of dwell; 1 tells of everybody, for films and tests. Remote
    configuration cannot ask for reports more often than every `min_interval_s`. The networks for
    groups that lie beside the source were taught with pictures for research only: they open only
    where `accept_research_licence` says that this is research.
    """

    demographics: bool = False
    emotion: bool = False
    accept_research_licence: bool = False
    smallest_cell: Annotated[int, Meta(ge=1, le=1000)] = 5
    min_interval_s: Annotated[int, Meta(ge=1, le=60)] = 10
    sensors: Annotated[tuple[SensorName, ...], Meta(max_length=32)] = ()  # beside the known ones


class StatusSettings(_Section, frozen=True):
    """A page about this device and its figures for Prometheus; port 0 serves nothing.

    With a token file every request must bear the token that stands in it. Whoever listens beyond
    this machine needs one. The preview shows the last picture with every head under a mosaic.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    token_file: str = ""
    preview: bool = False


class PlaysSettings(_Section, frozen=True):
    """How the player says what is on the screen, so that attention is split by creative.

    It publishes to `topic` at `broker`, or answers a GET of `url`, or posts to the status page's
    /plays (`http`).
    """

    http: bool = False
    broker: str = "mqtt://127.0.0.1"
    topic: str = ""
    url: str = ""
    ask_every_s: Annotated[float, Meta(ge=0.2, le=60)] = 1.0

    def __post_init__(self) -> None:
        parse_broker(self.broker)
        if self.url:
            parse_address(self.url, WEB_SCHEMES)


class RecorderSettings(_Section, frozen=True):
    """Video for audit with every head under a mosaic, below `folder`; off by default.

    Nothing is kept for longer than `days` or beyond the budget; the oldest goes first.
    """

    on: bool = False
    folder: str = "var/recordings"
    days: Annotated[float, Meta(gt=0, le=7)] = 7.0
    budget_bytes: Annotated[int, Meta(ge=16 * 2**20, le=2**44)] = 4 * 2**30
    width_px: Annotated[int, Meta(ge=160, le=1280)] = 640


def _refuse_inexact(host: str) -> None:
    if "*" in host:
        raise ValueError(
            f"fleet.hosts {host[:80]!r}: a pattern also admits servers of others; name each host, "
            "such as my-bucket.s3.eu-west-2.amazonaws.com"
        )
    try:
        parse_host_and_port(host)
    except AddressError as error:
        raise ValueError(f"fleet.hosts {host[:80]!r}: {error}") from None


class FleetSettings(_Section, frozen=True):
    """Whom the camera believes when a job brings something new, and where files may go and come.

    `signers` are public keys in PEM (Ed25519, or EC on P-256). `hosts` are exact names of servers,
    with their port where it is not that of https: on shared storage, the host of your own bucket.
    Without them nothing is believed and nothing sent. `slots` is the folder of the program's
    versions (`slots.py`), where it was installed so. `allow_older` lets a job bring a version below
    one that this camera has had.
    """

    signers: Annotated[tuple[str, ...], Meta(max_length=8)] = ()
    hosts: Annotated[tuple[str, ...], Meta(max_length=32)] = ()
    slots: str = ""
    allow_older: bool = False

    def __post_init__(self) -> None:
        for host in self.hosts:
            _refuse_inexact(host)


class SensorSource(_Section, frozen=True):
    """Where readings come from: a JSON file, a web address, or a BH1750 at `bus:address`."""

    kind: Literal["file", "http", "bh1750"]
    at: Annotated[str, Meta(min_length=1, max_length=500)]
    every_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0

    def __post_init__(self) -> None:
        if self.kind == "http":
            parse_address(self.at, WEB_SCHEMES)
        if self.kind == "bh1750" and not re.fullmatch(r"\d{1,2}(:0x[0-9a-f]{2})?", self.at):
            raise ValueError(f"a BH1750 at {self.at[:80]!r}: give bus:address, such as 1:0x23")


class SensorSettings(_Section, frozen=True):
    """What is measured beside the camera. `lux_at_mid_grey` above 0 guesses light from pictures."""

    lux_at_mid_grey: Annotated[float, Meta(ge=0, le=200_000)] = 0.0
    sources: Annotated[tuple[SensorSource, ...], Meta(max_length=8)] = ()


class HomeAssistantSettings(_Section, frozen=True):
    """Discovery for Home Assistant on its own broker; without one, nothing is published."""

    broker: str = ""
    prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_/-]{1,64}$")] = "homeassistant"
    node: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "onlooker"
    every_s: Annotated[float, Meta(ge=0.1, le=3600)] = 30.0

    def __post_init__(self) -> None:
        if self.broker:
            parse_broker(self.broker)


class Settings(_Section, frozen=True):
    """Everything one camera is told."""

    interval_s: Annotated[int, Meta(ge=1, le=60)] = 30
    capture: CaptureSettings = CaptureSettings()
    motion: MotionSettings = MotionSettings()
    quality: QualitySettings = QualitySettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    tracking: TrackingSettings = TrackingSettings()
    attention: AttentionSettings = AttentionSettings()
    view: ViewSettings | None = None  # without it attention is judged by angles to the camera
    models: ModelSettings = ModelSettings()
    zones: Annotated[tuple[Zone, ...], Meta(max_length=MOST_ZONES)] = ()
    schedule: ScheduleSettings = ScheduleSettings()
    outbox: OutboxSettings = OutboxSettings()
    link: LinkSettings = LinkSettings()
    privacy: PrivacySettings = PrivacySettings()
    status: StatusSettings = StatusSettings()
    plays: PlaysSettings = PlaysSettings()
    recorder: RecorderSettings = RecorderSettings()
    fleet: FleetSettings = FleetSettings()
    sensors: SensorSettings = SensorSettings()
    home_assistant: HomeAssistantSettings = HomeAssistantSettings()

    def __post_init__(self) -> None:
        for sentence in _contradictions(self):
            raise ValueError(sentence)

    @property
    def digest(self) -> str:
        """Twelve hex digits that are the same for the same settings on every device."""
        canonical = msgspec.json.encode(self, order="deterministic")
        return hashlib.sha256(canonical).hexdigest()[:12]


def load(path: Path) -> Settings:
    """Read a TOML file, or raise SettingsError with what to correct."""
    return read(path, parse)


def read(path: Path, parse: Callable[[str], T]) -> T:
    """What `parse` makes of a file's text; the file's name stands in every error."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings {path} cannot be read: {error}") from error
    except SettingsError as error:
        raise SettingsError(f"settings {path}: {error}") from error


def parse(text: str) -> Settings:
    """Settings from TOML text; what it does not name keeps its default."""
    return settings_from(parsed(text))


def parsed(text: str) -> dict[str, Any]:
    """The tables of a TOML text, numbers finite."""
    try:
        return tomllib.loads(text, parse_float=_finite)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}") from error
    except ValueError as error:
        raise SettingsError(f"{error}; correct the line or remove it for the default") from error


def settings_from(tables: Mapping[str, Any]) -> Settings:
    """Settings from tables that were read already."""
    try:
        return msgspec.convert(tables, Settings)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"{error}; correct the line or remove it for the default") from error


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a number to measure with")
    return value


def _contradictions(settings: Settings) -> list[str]:
    tracking, attention, capture = settings.tracking, settings.attention, settings.capture
    checks = (
        (60 % settings.interval_s == 0, f"interval_s of {settings.interval_s} must divide 60"),
        (
            settings.privacy.smallest_cell > 1
            or not (settings.privacy.demographics or settings.privacy.emotion),
            "privacy.smallest_cell of 1 describes single people: give at least 2, or switch "
            "privacy.demographics and privacy.emotion off",
        ),
        (
            tracking.confirm_within_s >= tracking.confirm_s,
            "tracking.confirm_within_s must not be shorter than tracking.confirm_s",
        ),
        (
            attention.away_ratio + attention.hold_ratio
            <= attention.looking_ratio - attention.hold_ratio,
            "attention: away_ratio + hold_ratio must not exceed looking_ratio - hold_ratio",
        ),
        (
            capture.backoff_s <= capture.longest_backoff_s,
            "capture.backoff_s must not exceed capture.longest_backoff_s",
        ),
        (
            len({zone.name for zone in settings.zones}) == len(settings.zones),
            "zones: two have the same name: give each its own",
        ),
        (
            not _zone_complaint(settings.schedule.time_zone),
            _zone_complaint(settings.schedule.time_zone),
        ),
        (
            all(hours.opens < hours.closes for hours in settings.schedule.hours),
            "schedule.hours end before they start: write a night as two, up to 24:00 and from "
            "00:00 of the next day",
        ),
        (
            settings.status.host in LOOPBACK or bool(settings.status.token_file),
            f"status.host {settings.status.host} is open to others: give status.token_file",
        ),
        (
            not settings.plays.http or settings.status.port > 0,
            "plays.http needs the status page: give status.port",
        ),
    )
    return [sentence for holds, sentence in checks if not holds]


def _zone_complaint(name: str) -> str:
    """What is wrong with a time zone's name, and which are like it; empty when nothing is."""
    try:
        check_time_zone(name)
    except ValueError as error:
        return f"schedule.{error}"
    return ""
