"""What the agent asks of any camera, and how one says that it cannot.

A camera yields frames, or a `Silence` at least once a second while none come, and stops when the
source has ended or `close` was called. It never waits for its reader: what is not taken in time
is dropped and counted.
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
    """A source that cannot be read: which (without credentials), why, what to do."""


@dataclass(slots=True)
class Counters:
    """Running totals since the camera was opened. `damaged` counts packets that gave nothing."""

    captured: int = 0
    dropped: int = 0
    reconnects: int = 0
    damaged: int = 0


class Camera(Protocol):
    """A source of frames; iterate once."""

    @property
    def name(self) -> str:
        """The source, fit for logs."""
        ...

    @property
    def state(self) -> CaptureState: ...

    @property
    def counters(self) -> Counters: ...

    def __iter__(self) -> Iterator[Frame | FrameGap]: ...

    def close(self) -> None:
        """End the iteration soon, from any thread; closing twice is harmless."""
        ...


class ActivityLevel(Enum):
    """How much a camera decodes."""

    FULL = "full"  # every sampled picture is decoded
    KEY_PICTURES = "key_pictures"  # only key pictures, or the substream where there is one
    BUFFERING = "buffering"  # packets are kept, no picture is decoded
    OFF = "off"  # nothing is read, the connection is closed


@runtime_checkable
class FailureSource(Protocol):
    """A camera that can say why it delivers no picture."""

    @property
    def failure(self) -> CaptureFailure | None:
        """Why it was last interrupted; None when it never was."""
        ...


@runtime_checkable
class Reconfigurable(Protocol):
    """A camera whose settings may change while it runs; its timeline goes on."""

    def adopt(self, settings: CaptureSettings) -> None:
        """Read and paint by these from the next picture on."""
        ...


@runtime_checkable
class Throttleable(Protocol):
    """A camera that can save its work while nobody moves."""

    @property
    def rest_after_s(self) -> float:
        """Of stillness, after which it may doze; 0 when it never does."""
        ...

    def set_activity(self, level: ActivityLevel) -> None:
        """Do so little from now on."""
        ...


@runtime_checkable
class Finite(Protocol):
    """A camera that may end by itself."""

    @property
    def plays_once(self) -> bool:
        """Whether it reads a recording, from its beginning to its end."""
        ...


def failure_of(camera: Camera) -> CaptureFailure | None:
    """Why this camera delivers no picture, where it can say so and is not streaming."""
    if camera.state in (CaptureState.STREAMING, CaptureState.ENDED) or not isinstance(
        camera, FailureSource
    ):
        return None
    return camera.failure


def describe_error(error: Exception) -> str:
    """Why a source could not be opened or read, without the address that libraries quote."""
    cause = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {cause}" if cause else type(error).__name__
