"""The coarse pictures of one camera for its operators: one in ten seconds at most.

The bytes of a picture are decoded again before they are sent, so that none is finer than
`wire/fleet/preview.py` allows, whatever made it.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from wire.fleet.preview import MAX_PREVIEW_BYTES, PreviewPicture

MIN_PAUSE_S: Final = 10.0


class PreviewError(RuntimeError):
    """No picture can be sent: why."""


class RemotePreview:
    """`request` waits for a picture; it returns None while the camera delivers none."""

    def __init__(self, request: Callable[[], PreviewPicture | None]) -> None:
        self._request = request
        self._last_s: float | None = None

    def take_turn(self, now_s: float) -> bool:
        """Whether a picture may be sent now; if so, the next one not before `MIN_PAUSE_S`."""
        if self._last_s is not None and now_s - self._last_s < MIN_PAUSE_S:
            return False
        self._last_s = now_s
        return True

    def encoded_picture(self) -> bytes:
        """A picture as it is sent; PreviewError where there is none, or one that is too fine."""
        picture = self._request()
        if picture is None:
            raise PreviewError("the camera delivers no picture: it is paused, closed or offline")
        content = msgspec.json.encode(picture)
        if len(content) > MAX_PREVIEW_BYTES:
            raise PreviewError(f"a picture of {len(content)} bytes: at most {MAX_PREVIEW_BYTES}")
        try:
            msgspec.json.decode(content, type=PreviewPicture)
        except msgspec.ValidationError as error:
            raise PreviewError(f"a picture that is finer than allowed: {error}") from None
        return content
