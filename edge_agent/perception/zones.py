"""Finds the zones that contain the middle of a face; a shared border belongs to both zones."""

from collections.abc import Sequence

import cv2
import numpy as np

from edge_agent.perception.boxes import Box
from edge_agent.settings.perception import Zone


def zones_of(box: Box, size_px: tuple[int, int], zones: Sequence[Zone]) -> tuple[str, ...]:
    """The names of the zones; `size_px` is the width and height of the picture."""
    middle = (box[0] + box[2]) / 2 / size_px[0], (box[1] + box[3]) / 2 / size_px[1]
    return tuple(
        zone.name
        for zone in zones
        if cv2.pointPolygonTest(np.array(zone.polygon, np.float32), middle, False) >= 0
    )
