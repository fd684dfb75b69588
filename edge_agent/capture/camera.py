"""The interface of every camera, and its optional capabilities.

A camera yields frames, or a `FrameGap` at least once a second while no picture arrives. It stops
when the source has ended or `close` was called. It does not wait for its reader: a picture that is
not taken in time is dropped and counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.settings.capture import CaptureSettings
from wire.health import CaptureState


class CaptureError(RuntimeError):
    """A source that cannot be read: its name without credentials, why, what to do."""


@dataclass(slots=True)
class Counters:
    """Running totals since the camera was opened. `damaged` counts packets that gave no picture."""

    captured: int = 0
    dropped: int = 0
    reconnects: int = 0
    damaged: int = 0


class Camera(Protocol):
    """A source of frames; iterate once."""

    @property
    def name(self) -> str:
        """The display name of the source, without credentials."""
        ...

    @property
    def state(self) -> CaptureState: ...

    @property
    def counters(self) -> Counters: ...

    def __iter__(self) -> Iterator[Frame | FrameGap]: ...

    def close(self) -> None:
        """End the iteration soon, from any thread; may be called twice."""
        ...


class ActivityLevel(Enum):
    """How much a camera decodes."""

    FULL = "full"  # every sampled picture is decoded
    KEY_PICTURES = "key_pictures"  # only key pictures, or the substream where there is one
    BUFFERING = "buffering"  # packets are kept, no picture is decoded
    OFF = "off"  # nothing is read, the connection is closed


@runtime_checkable
class FailureSource(Protocol):
    """A camera that can state why it delivers no picture."""

    @property
    def failure(self) -> CaptureFailure | None:
        """Why it was last interrupted; None when it never was."""
        ...


@runtime_checkable
class Reconfigurable(Protocol):
    """A camera whose settings may change while it runs; its timeline continues."""

    def apply_settings(self, settings: CaptureSettings) -> None:
        """Use these settings from the next picture on."""
        ...


@runtime_checkable
class Throttleable(Protocol):
    """A camera that can decode less while there is no motion."""

    @property
    def rest_after_s(self) -> float:
        """Seconds without motion after which it may decode less; 0 means never."""
        ...

    def set_activity(self, level: ActivityLevel) -> None:
        """Decode this much from now on."""
        ...


@runtime_checkable
class Finite(Protocol):
    """A camera that may end by itself."""

    @property
    def plays_once(self) -> bool:
        """Whether it reads a recording, from its beginning to its end."""
        ...


def failure_of(camera: Camera) -> CaptureFailure | None:
    """Why this camera delivers no picture; None while it streams and where it cannot state it."""
    if camera.state in (CaptureState.STREAMING, CaptureState.ENDED) or not isinstance(
        camera, FailureSource
    ):
        return None
    return camera.failure


def describe_error(error: Exception) -> str:
    """The text of an error without the address that libraries quote."""
    cause = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {cause}" if cause else type(error).__name__
