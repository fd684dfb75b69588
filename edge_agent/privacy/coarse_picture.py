"""Reduces a redacted frame to the few grey blocks that may leave the camera.

The frame has its masks and its pixelated heads already; `wire/fleet/preview.py` says why the blocks
are coarse enough. Nothing else in the agent makes a picture that is sent.
"""

import base64

import cv2
import numpy as np

from edge_agent.privacy.delayed_redaction import RedactedFrame
from wire.fleet.preview import MAX_BLOCKS, PreviewPicture
from wire.scalars import DeviceId


def build_coarse_picture(frame: RedactedFrame, device: DeviceId) -> PreviewPicture:
    """The frame in at most `MAX_BLOCKS` blocks on the longer side; each is the mean of its area."""
    height, width = frame.image.shape[:2]
    scale = min(MAX_BLOCKS / max(width, height), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    grey = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY)
    blocks = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return PreviewPicture(
        device=device,
        taken_at=frame.captured_at,
        width=size[0],
        height=size[1],
        grey=base64.b64encode(blocks.tobytes()).decode(),
    )
