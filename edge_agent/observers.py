"""Interfaces of what runs beside the measurement of one camera: frame observers and sensors."""

from collections.abc import Sequence
from typing import Protocol

from edge_agent.capture.frame import Frame
from edge_agent.perception.tracker import Box


class FrameObserver(Protocol):
    """Somebody who also looks at the pictures: a recorder, a preview, a light meter."""

    def see(self, frame: Frame, heads: Sequence[Box] | None) -> None:
        """Take a picture; `heads` are all that may be there, None when nobody looked for any."""
        ...

    def close(self) -> None:
        """The camera has ended."""
        ...


class SensorReader(Protocol):
    """Something that measures beside the camera."""

    def take_readings(self) -> Sequence[tuple[str, int]]:
        """Readings since the last call, at once: a name with its unit, thousandths of the unit."""
        ...
