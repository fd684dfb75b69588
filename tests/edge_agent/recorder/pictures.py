"""Redacted pictures whose brightness shows their second, and how a player reads them back."""

from datetime import UTC, datetime, timedelta

import av
import numpy as np

from edge_agent.privacy.delayed_redaction import RedactedFrame

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def grey(at_s, *, level=None, size=(90, 160)):
    """A picture whose brightness shows its second."""
    tone = level if level is not None else 40 + round(at_s) % 60 * 3
    image = np.full((*size, 3), tone, np.uint8)
    return RedactedFrame(image, NOON + timedelta(seconds=at_s), at_s)


def tones(path):
    """Second and brightness of each picture of a video."""
    with av.open(str(path)) as container:
        return [
            (float(frame.pts * frame.time_base), int(frame.to_ndarray(format="gray")[45, 80]))
            for frame in container.decode(video=0)
        ]
