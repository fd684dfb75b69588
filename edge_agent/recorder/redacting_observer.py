"""Frame observer that redacts each frame before it is recorded or shown."""

from collections.abc import Sequence
from typing import Protocol

from edge_agent.capture.frame import Frame
from edge_agent.perception.boxes import Box
from edge_agent.privacy.delayed_redaction import DelayedRedaction, RedactedFrame


class RedactedFrameSink(Protocol):
    """A consumer of redacted frames: a recorder, a preview."""

    @property
    def is_wanted(self) -> bool:
        """Whether frames are needed now; unneeded frames are not redacted."""
        ...

    def write_frame(self, frame: RedactedFrame) -> None: ...

    def close(self) -> None: ...


class RedactingObserver:
    """Passes redacted frames to its sinks, and no others."""

    def __init__(self, sinks: Sequence[RedactedFrameSink], *, width_px: int) -> None:
        self._sinks = sinks
        self._redaction = DelayedRedaction(width_px)

    def see(self, frame: Frame, heads: Sequence[Box] | None) -> None:
        wanted = any(sink.is_wanted for sink in self._sinks)
        for redacted in self._redaction.add_frame(frame, heads, wanted=wanted):
            self._write(redacted)

    def close(self) -> None:
        for frame in self._redaction.flush():
            self._write(frame)
        for sink in self._sinks:
            sink.close()

    def _write(self, frame: RedactedFrame) -> None:
        for sink in self._sinks:
            if sink.is_wanted:
                sink.write_frame(frame)
