"""The last redacted frame as a JPEG, encoded only while the status page is open."""

import threading
import time
from collections.abc import Callable
from typing import Final

import cv2

from edge_agent.privacy.delayed_redaction import RedactedFrame

REQUEST_VALID_S: Final = 15.0  # after the last request; the page requests every five seconds
MAX_AGE_S: Final = 3.0
FRAME_TIMEOUT_S: Final = 2.0
JPEG_QUALITY: Final = 70


class PreviewImage:
    """Written by the thread of the agent, read by that of the status page."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._requested_s = -REQUEST_VALID_S
        self._updated_s = -MAX_AGE_S
        self._jpeg: bytes | None = None
        self._changed = threading.Condition()

    @property
    def is_wanted(self) -> bool:
        return self._steady() - self._requested_s < REQUEST_VALID_S

    def write_frame(self, frame: RedactedFrame) -> None:
        """Replace the image."""
        is_encoded, jpeg = cv2.imencode(
            ".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        )
        if is_encoded:
            with self._changed:
                self._jpeg, self._updated_s = jpeg.tobytes(), self._steady()
                self._changed.notify_all()

    def close(self) -> None:
        """Remove the image when the camera has ended."""
        with self._changed:
            self._jpeg = None
            self._changed.notify_all()

    def jpeg(self) -> bytes | None:
        """An image not older than `MAX_AGE_S`; waits up to `FRAME_TIMEOUT_S` for one."""
        self._requested_s = self._steady()
        with self._changed:
            self._changed.wait_for(self._is_fresh, FRAME_TIMEOUT_S)
            return self._jpeg if self._is_fresh() else None

    def _is_fresh(self) -> bool:
        return self._jpeg is not None and self._steady() - self._updated_s < MAX_AGE_S
