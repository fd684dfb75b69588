"""The last redacted frame, encoded only on request: a JPEG or a coarse picture."""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import cv2

from edge_agent.privacy.delayed_redaction import RedactedFrame

REQUEST_VALID_S: Final = 15.0  # after the last request; the page requests every five seconds
MAX_AGE_S: Final = 3.0
FRAME_TIMEOUT_S: Final = 2.0
JPEG_QUALITY: Final = 70

Encoded = TypeVar("Encoded")


class RequestedImage(Generic[Encoded]):
    """Written by the thread of the agent, read by that of the status page or of a job."""

    def __init__(
        self,
        encode: Callable[[RedactedFrame], Encoded | None],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._encode = encode
        self._steady = steady
        self._requested_s = -REQUEST_VALID_S
        self._updated_s = -MAX_AGE_S
        self._image: Encoded | None = None
        self._changed = threading.Condition()

    @property
    def is_wanted(self) -> bool:
        return self._steady() - self._requested_s < REQUEST_VALID_S

    def write_frame(self, frame: RedactedFrame) -> None:
        """Replace the image."""
        image = self._encode(frame)
        if image is not None:
            with self._changed:
                self._image, self._updated_s = image, self._steady()
                self._changed.notify_all()

    def close(self) -> None:
        """Remove the image when the camera has ended."""
        with self._changed:
            self._image = None
            self._changed.notify_all()

    def request(self) -> Encoded | None:
        """An image not older than `MAX_AGE_S`; waits up to `FRAME_TIMEOUT_S` for one."""
        self._requested_s = self._steady()
        with self._changed:
            self._changed.wait_for(self._is_fresh, FRAME_TIMEOUT_S)
            return self._image if self._is_fresh() else None

    def _is_fresh(self) -> bool:
        return self._image is not None and self._steady() - self._updated_s < MAX_AGE_S


def encode_jpeg(frame: RedactedFrame) -> bytes | None:
    """The image as a JPEG; None when it cannot be encoded."""
    is_encoded, jpeg = cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return jpeg.tobytes() if is_encoded else None
