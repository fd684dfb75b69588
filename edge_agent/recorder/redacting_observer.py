"""Who looks on: takes each picture of the camera, veils it, and hands it to whoever shows it."""

from collections.abc import Sequence
from typing import Protocol

from edge_agent.capture.frame import Frame
from edge_agent.perception.tracker import Box
from edge_agent.privacy.delayed_redaction import Shown, Veil


class Screen(Protocol):
    """Somewhere a veiled picture goes: a recorder, a preview."""

    @property
    def wants(self) -> bool:
        """Whether pictures are looked at now; veiling what nobody sees costs time."""
        ...

    def show(self, picture: Shown) -> None: ...

    def close(self) -> None: ...


class Veiled:
    """Nothing passes here that was not veiled."""

    def __init__(self, screens: Sequence[Screen], *, width_px: int) -> None:
        self._screens = screens
        self._veil = Veil(width_px)

    def see(self, frame: Frame, heads: Sequence[Box] | None) -> None:
        wanted = any(screen.wants for screen in self._screens)
        for picture in self._veil.pass_on(frame, heads, wanted=wanted):
            self._show(picture)

    def close(self) -> None:
        for picture in self._veil.rest():
            self._show(picture)
        for screen in self._screens:
            screen.close()

    def _show(self, picture: Shown) -> None:
        for screen in self._screens:
            if screen.wants:
                screen.show(picture)
