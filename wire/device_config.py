"""How a camera is told what to be: shadows and jobs on `$aws/things/{device}/...`.

The topics and documents are those of AWS IoT Device Shadow and Jobs, so that one agent serves a
self-hosted broker and AWS IoT Core alike. A device's thing name is its device id.

The `config` shadow carries `DeviceConfig` twice: `desired` is what the fleet wants, `reported` what
the camera has in force. A field that is absent is the camera's own default; `null` deletes it.
"""

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from wire.scalars import DeviceId, Message, Word

THINGS: Final = "$aws/things"
CONFIG_SHADOW: Final = "config"
SHADOW_ACTIONS: Final = ("get", "update", "delete")
JOB_REQUESTS: Final = ("get", "start-next", "+/get", "+/update")

IntervalMs = Annotated[int, Meta(ge=1_000, le=60_000, description="divides one minute")]


class DeviceConfig(Message, frozen=True, kw_only=True):
    """What may be set from afar. Sources, masks and credentials may not."""

    report_interval_ms: IntervalMs | UnsetType = UNSET
    heartbeat_interval_ms: IntervalMs | UnsetType = UNSET
    paused: bool | UnsetType = UNSET
    demographics: bool | UnsetType = UNSET
    detector: Word | UnsetType = UNSET

    def __post_init__(self) -> None:
        for name in ("report_interval_ms", "heartbeat_interval_ms"):
            value = getattr(self, name)
            if value is not UNSET and 60_000 % value:
                raise ValueError(f"{name} of {value} ms does not divide one minute")


def shadow_topic(device: DeviceId, action: str, *, shadow: str | None = None) -> str:
    """Where a device asks about one of its shadows; the classic one has no name."""
    name = f"/name/{shadow}" if shadow is not None else ""
    return f"{THINGS}/{device}/shadow{name}/{action}"


def jobs_topic(device: DeviceId, request: str) -> str:
    """Where a device asks about its jobs: `get`, `start-next`, `{id}/get`, `{id}/update`."""
    return f"{THINGS}/{device}/jobs/{request}"
