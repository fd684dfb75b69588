"""The last veiled picture as a JPEG, made only while somebody looks at the page."""

import threading
import time
from collections.abc import Callable
from typing import Final

import cv2

from edge_agent.privacy.delayed_redaction import RedactedFrame

REQUEST_VALID_S: Final = 15.0  # after the last request; the page asks every five seconds
MAX_AGE_S: Final = 3.0
FRAME_TIMEOUT_S: Final = 2.0
JPEG_QUALITY: Final = 70


class PreviewImage:
    """Written by the agent's thread, read by the page's."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._asked_s = -REQUEST_VALID_S
        self._made_s = -MAX_AGE_S
        self._jpeg: bytes | None = None
        self._news = threading.Condition()

    @property
    def is_wanted(self) -> bool:
        return self._steady() - self._asked_s < REQUEST_VALID_S

    def write_frame(self, picture: RedactedFrame) -> None:
        """Keep this picture in place of the last."""
        done, jpeg = cv2.imencode(".jpg", picture.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if done:
            with self._news:
                self._jpeg, self._made_s = jpeg.tobytes(), self._steady()
                self._news.notify_all()

    def close(self) -> None:
        """Nothing is shown of a camera that has ended."""
        with self._news:
            self._jpeg = None
            self._news.notify_all()

    def jpeg(self) -> bytes | None:
        """A picture not older than a few seconds; waits a moment for it."""
        self._asked_s = self._steady()
        with self._news:
            self._news.wait_for(self._is_fresh, FRAME_TIMEOUT_S)
            return self._jpeg if self._is_fresh() else None

    def _is_fresh(self) -> bool:
        return self._jpeg is not None and self._steady() - self._made_s < MAX_AGE_S
