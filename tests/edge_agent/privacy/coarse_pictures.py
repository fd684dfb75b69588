"""Pictures for tests of the remote preview."""

from datetime import UTC, datetime

import numpy as np

from edge_agent.privacy.coarse_picture import build_coarse_picture
from edge_agent.privacy.delayed_redaction import RedactedFrame

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOISE = np.random.default_rng(7)


def coarse_picture(width, height):
    """The coarse picture of a frame of noise."""
    image = NOISE.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return build_coarse_picture(RedactedFrame(image, NOON, 0.0), "kx-01-cam-1")
