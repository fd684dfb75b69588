"""How a camera says that it is well, that it is not, and whether it is there at all."""

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
    """What the camera's stream is doing."""

    STARTING = "starting"
    STREAMING = "streaming"
    STALLED = "stalled"
    FAILED = "failed"
    ENDED = "ended"
    PAUSED = "paused"  # outside its operating schedule, nothing is read


class GateCounts(WireMessage, frozen=True, kw_only=True):
    """Pictures since the start that were sampled, and those that woke the detector, by reason.

    `missed` had faces that only the slow look found: a free estimate of the motion gate's recall.
    """

    sampled: Count
    by_track: Count
    by_motion: Count
    by_heartbeat: Count
    missed: Count


class Connection(StrEnum):
    """How well pictures come, in one word, over the last hour."""

    EXCELLENT = "excellent"
    FAIR = "fair"
    POOR = "poor"
    UNUSABLE = "unusable"


class DeviceFigures(WireMessage, frozen=True, kw_only=True):
    """What an operator watches beside the counts: the same on every surface of the device.

    Running totals begin with the process. `clock_kept` and `temperature_milli_c` are null where
    the system does not tell, `clock_ahead_ms` (of the cloud's) before the cloud has spoken.
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
    """Sent at a steady beat, whether or not anybody is in view. Never stored for later.

    `oldest_sequence` is the first number of the journal that the device still holds, or the next
    one when it holds none: what lies below was acknowledged and is forgotten, so a cloud that
    misses it will never get it. Older agents do not say it.
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
    """A condition that lasted: `kind` is a word such as `blind.dark` or `capture.failed`."""

    location: Location
    device: Device
    kind: Word
    state: AlarmState
    at: Instant
    message: Sentence


class Presence(StrEnum):
    """Retained word on the status topic; the broker publishes OFFLINE by the device's will."""

    ONLINE = "online"
    OFFLINE = "offline"
    STOPPED = "stopped"


class Status(WireMessage, frozen=True, kw_only=True):
    """The retained status document. `since` is absent in the will, which is written ahead."""

    device: Device
    presence: Presence
    since: Instant | None = None
