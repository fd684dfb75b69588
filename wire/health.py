"""Heartbeat, alarms and presence of a device."""

from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from wire.audience import Versions
from wire.scalars import (
    Count,
    Device,
    Instant,
    Journal,
    Location,
    Milliseconds,
    Sentence,
    Sequence,
    WireMessage,
    Word,
)


class CaptureState(StrEnum):
    """State of the video source."""

    STARTING = "starting"
    STREAMING = "streaming"
    STALLED = "stalled"
    FAILED = "failed"
    ENDED = "ended"
    PAUSED = "paused"  # outside its operating schedule, nothing is read


class GateCounts(WireMessage, frozen=True, kw_only=True):
    """Frames since the start that were sampled, and those that were analysed, by reason.

    `missed` counts faces that only the periodic analysis found: an estimate of the motion gate's
    recall.
    """

    sampled: Count
    by_track: Count
    by_motion: Count
    by_heartbeat: Count
    missed: Count


class Connection(StrEnum):
    """Quality of the video connection over the last hour."""

    EXCELLENT = "excellent"
    FAIR = "fair"
    POOR = "poor"
    UNUSABLE = "unusable"


class DeviceFigures(WireMessage, frozen=True, kw_only=True):
    """Operating figures; the status page and the metrics show the same.

    Running totals start with the process. `clock_kept` and `temperature_milli_c` are null where
    the system does not provide them, `clock_ahead_ms` (relative to the cloud) before the first
    message from the cloud.
    """

    connection: Connection
    frames_milli_hz: Count
    frames_dropped: Count
    stalls: Count
    model_faults: Count
    outbox_bytes: Count
    outbox_merges: Count
    egress_refusals: Count
    disk_free_bytes: Count
    clock_kept: bool | None
    clock_ahead_ms: int | None
    temperature_milli_c: int | None
    alarms: Annotated[tuple[Word, ...], Meta(max_length=32)]


class Heartbeat(WireMessage, frozen=True, kw_only=True):
    """Sent at a fixed interval, also when nobody is in view. Never stored.

    `oldest_sequence` is the lowest sequence of the report stream that the device still holds, or
    the next one when it holds none. Lower ones were acknowledged and are deleted, so a cloud
    without them cannot receive them any more. Older agents omit it.
    """

    location: Location
    device: Device
    journal: Journal
    boot: Word
    sent_at: Instant
    uptime_ms: Milliseconds
    capture: CaptureState
    frames_captured: Count
    frames_analysed: Count
    reconnects: Count
    outbox_reports: Count
    outbox_oldest_at: Instant | None
    next_sequence: Annotated[int, Meta(ge=1)]
    rss_bytes: Count
    versions: Versions
    gate: GateCounts | UnsetType = UNSET
    oldest_sequence: Sequence | UnsetType = UNSET
    figures: DeviceFigures | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.oldest_sequence and self.oldest_sequence > self.next_sequence:
            raise ValueError(
                f"oldest_sequence ({self.oldest_sequence}) lies beyond next_sequence "
                f"({self.next_sequence})"
            )


class AlarmState(StrEnum):
    """An alarm is raised once and cleared once."""

    RAISED = "raised"
    CLEARED = "cleared"


class Alarm(WireMessage, frozen=True, kw_only=True):
    """A lasting condition: `kind` is a word such as `blind.dark` or `capture.failed`."""

    location: Location
    device: Device
    kind: Word
    state: AlarmState
    at: Instant
    message: Sentence


class Presence(StrEnum):
    """Retained on the status topic; the broker publishes OFFLINE as the device's last will."""

    ONLINE = "online"
    OFFLINE = "offline"
    STOPPED = "stopped"


class PresenceStatus(WireMessage, frozen=True, kw_only=True):
    """The retained status document. The last will is written in advance, without `since`."""

    device: Device
    presence: Presence
    since: Instant | None = None
