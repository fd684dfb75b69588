"""A preview is encoded only while it is requested, and is never stale."""

import threading
from datetime import UTC, datetime

import cv2
import numpy as np

from edge_agent.privacy.delayed_redaction import RedactedFrame
from edge_agent.status.requested_image import RequestedImage, encode_jpeg

PICTURE = RedactedFrame(
    np.full((90, 160, 3), 77, np.uint8), datetime(2026, 11, 23, tzinfo=UTC), 0.0
)


def test_a_preview_is_made_only_while_it_is_requested(monkeypatch):
    monkeypatch.setattr("edge_agent.status.requested_image.FRAME_TIMEOUT_S", 0.0)
    now = [100.0]
    preview = RequestedImage(encode_jpeg, lambda: now[0])
    assert not preview.is_wanted
    assert preview.request() is None
    assert preview.is_wanted
    preview.write_frame(PICTURE)
    image = cv2.imdecode(np.frombuffer(preview.request(), np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (90, 160, 3)
    assert abs(int(image[5, 5, 0]) - 77) < 3
    now[0] += 5
    assert preview.request() is None, "a picture of five seconds ago is shown"
    now[0] += 16
    assert not preview.is_wanted


def test_the_first_request_waits_for_an_image():
    preview = RequestedImage(encode_jpeg)
    got = []
    reader = threading.Thread(target=lambda: got.append(preview.request()))
    reader.start()
    while not preview.is_wanted:
        pass
    preview.write_frame(PICTURE)
    reader.join()
    assert got[0].startswith(b"\xff\xd8")
    preview.close()
