"""Who looks on: takes each picture of the camera, veils it, and hands it to whoever shows it."""

from collections.abc import Sequence
from typing import Protocol

from edge_agent.capture.frame import Frame
from edge_agent.perception.tracker import Box
from edge_agent.privacy.delayed_redaction import DelayedRedaction, RedactedFrame


class RedactedFrameSink(Protocol):
    """Somewhere a veiled picture goes: a recorder, a preview."""

    @property
    def is_wanted(self) -> bool:
        """Whether pictures are looked at now; veiling what nobody sees costs time."""
        ...

    def write_frame(self, picture: RedactedFrame) -> None: ...

    def close(self) -> None: ...


class RedactingObserver:
    """Nothing passes here that was not veiled."""

    def __init__(self, screens: Sequence[RedactedFrameSink], *, width_px: int) -> None:
        self._screens = screens
        self._veil = DelayedRedaction(width_px)

    def see(self, frame: Frame, heads: Sequence[Box] | None) -> None:
        wanted = any(screen.is_wanted for screen in self._screens)
        for picture in self._veil.add_frame(frame, heads, wanted=wanted):
            self._show(picture)

    def close(self) -> None:
        for picture in self._veil.flush():
            self._show(picture)
        for screen in self._screens:
            screen.close()

    def _show(self, picture: RedactedFrame) -> None:
        for screen in self._screens:
            if screen.is_wanted:
                screen.write_frame(picture)
