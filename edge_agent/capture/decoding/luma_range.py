"""Converts full-range luma to video levels.

Encoded video has luma from 16 (black) to 235 (white); JPEG and many network cameras use 0 to 255.
The thresholds of the agent are on the first scale, "video levels", so that a live camera and its
recording give the same results.
"""

from typing import Final

import av
import cv2
import numpy as np

from edge_agent.capture.frame import Image, to_video_levels

FULL_RANGE: Final = 2  # AVCOL_RANGE_JPEG
COLOUR_SPAN: Final = 224 / 255


def is_full_range(picture: av.VideoFrame) -> bool:
    """Whether the planes of the picture range from 0 to 255."""
    name = picture.format.name
    return picture.color_range == FULL_RANGE or name.startswith("yuvj") or name == "gray"


def planes_to_video_levels(full: Image) -> Image:
    """I420 planes of the full range (height * 3/2 x width) on video levels."""
    height = full.shape[0] * 2 // 3
    beta = 128 * (1 - COLOUR_SPAN)
    colours = cv2.convertScaleAbs(full[height:], alpha=COLOUR_SPAN, beta=beta)
    return np.concatenate([to_video_levels(full[:height]), np.asarray(colours, np.uint8)])
