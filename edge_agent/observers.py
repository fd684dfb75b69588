"""Interfaces of what runs beside the measurement of one camera: frame observers and sensors."""

from collections.abc import Sequence
from typing import Protocol

from edge_agent.capture.frame import Frame
from edge_agent.perception.boxes import Box


class FrameObserver(Protocol):
    """Receives every frame: a recorder, a preview, a light meter."""

    def see(self, frame: Frame, heads: Sequence[Box] | None) -> None:
        """Handle a frame; `heads` are all possible heads, None when the detector did not run."""
        ...

    def close(self) -> None:
        """Release resources; the camera has ended."""
        ...


class SensorReader(Protocol):
    """A sensor whose readings are part of the reports of a camera."""

    def take_readings(self) -> Sequence[tuple[str, int]]:
        """Readings since the last call, without waiting: name with unit, in thousandths."""
        ...
