"""All settings of one camera, and the rules between them.

Every value has a default that measures well on a street camera; a file names only what differs.
Durations carry their unit in the name. The digest is part of every report, so that a change of
settings can be distinguished from a change of the audience.
"""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from edge_agent.settings.capture import (
    CaptureSettings,
    MotionSettings,
    QualitySettings,
    SnapshotSettings,
)
from edge_agent.settings.field_types import Section
from edge_agent.settings.fleet import FleetSettings
from edge_agent.settings.perception import (
    AttentionSettings,
    ModelSettings,
    TrackingSettings,
    ViewSettings,
    Zone,
)
from edge_agent.settings.privacy import PrivacySettings
from edge_agent.settings.schedule import ScheduleSettings
from edge_agent.settings.services import (
    LOOPBACK,
    HomeAssistantSettings,
    PlaysSettings,
    RecorderSettings,
    SensorSettings,
    StatusSettings,
)
from edge_agent.settings.transport import LinkSettings, OutboxSettings, ReceiptSettings
from wire.audience import MAX_ZONES
from wire.fleet.device_config import check_time_zone


class Settings(Section, frozen=True):
    """All settings of one camera."""

    interval_s: Annotated[int, Meta(ge=1, le=60)] = 30
    capture: CaptureSettings = CaptureSettings()
    motion: MotionSettings = MotionSettings()
    quality: QualitySettings = QualitySettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    tracking: TrackingSettings = TrackingSettings()
    attention: AttentionSettings = AttentionSettings()
    view: ViewSettings | None = None  # without it attention is decided by angles to the camera
    models: ModelSettings = ModelSettings()
    zones: Annotated[tuple[Zone, ...], Meta(max_length=MAX_ZONES)] = ()
    schedule: ScheduleSettings = ScheduleSettings()
    outbox: OutboxSettings = OutboxSettings()
    link: LinkSettings = LinkSettings()
    receipts: ReceiptSettings = ReceiptSettings()
    privacy: PrivacySettings = PrivacySettings()
    status: StatusSettings = StatusSettings()
    plays: PlaysSettings = PlaysSettings()
    recorder: RecorderSettings = RecorderSettings()
    fleet: FleetSettings = FleetSettings()
    sensors: SensorSettings = SensorSettings()
    home_assistant: HomeAssistantSettings = HomeAssistantSettings()

    def __post_init__(self) -> None:
        for sentence in _find_contradictions(self):
            raise ValueError(sentence)

    @property
    def digest(self) -> str:
        """Twelve hex digits, the same for the same settings on every device."""
        canonical = msgspec.json.encode(self, order="deterministic")
        return hashlib.sha256(canonical).hexdigest()[:12]


def _find_contradictions(settings: Settings) -> list[str]:
    tracking, attention, capture = settings.tracking, settings.attention, settings.capture
    checks = (
        (60 % settings.interval_s == 0, f"interval_s of {settings.interval_s} must divide 60"),
        (
            settings.privacy.smallest_cell > 1
            or not (settings.privacy.demographics or settings.privacy.emotion),
            "privacy.smallest_cell of 1 reports single people: give at least 2, or switch "
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
            not _time_zone_error(settings.schedule.time_zone),
            _time_zone_error(settings.schedule.time_zone),
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


def _time_zone_error(name: str) -> str:
    """The error of a time zone name, with similar names; empty when it is valid."""
    try:
        check_time_zone(name)
    except ValueError as error:
        return f"schedule.{error}"
    return ""
