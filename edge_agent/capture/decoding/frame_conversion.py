"""Converts FFmpeg's pictures to frames. The luma is a view; colours are converted on demand.

Converting 1080p to BGR costs 1.2 ms and asking FFmpeg for grey 2.1 ms; the Y plane costs nothing
(x86, one thread). So only the pictures that the detector sees are converted.
"""

from datetime import datetime
from typing import Final

import numpy as np

from edge_agent.capture.decoding.luma_range import (
    FULL_RANGE,
    is_full_range,
    planes_to_video_levels,
)
from edge_agent.capture.decoding.orientation import rotate_planes_upright, rotate_upright
from edge_agent.capture.decoding.packet_decoder import DecodedPicture
from edge_agent.capture.frame import Frame, Image, to_video_levels

PLANAR_LUMA: Final = frozenset(
    ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21", "gray")
)


def to_frame(picture: DecodedPicture, captured_at: datetime, elapsed_s: float, index: int) -> Frame:
    """Wrap a decoded picture as a frame, which keeps a reference to it."""
    planar = picture.frame.format.name in PLANAR_LUMA
    return Frame(
        lambda: to_bgr(picture),
        captured_at,
        elapsed_s,
        index,
        luma=(lambda: to_luma(picture)) if planar else None,
    )


def to_bgr(picture: DecodedPicture) -> Image:
    """Height x width x 3, upright."""
    image = np.asarray(picture.frame.to_ndarray(format="bgr24"), dtype=np.uint8)
    return rotate_upright(image, picture.orientation)


def to_luma(picture: DecodedPicture) -> Image:
    """Height x width, upright, on video levels; a view of the Y plane where possible."""
    plane = picture.frame.planes[0]
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    levels = rows[: picture.frame.height, : picture.frame.width]
    levels = to_video_levels(levels) if is_full_range(picture.frame) else levels
    return rotate_upright(levels, picture.orientation)


def to_i420(picture: DecodedPicture) -> Image:
    """Height * 3/2 x width, upright, on video levels, without an odd last row or column."""
    width, height = picture.frame.width & ~1, picture.frame.height & ~1
    planes = picture.frame.to_ndarray(width=width, height=height, format="yuv420p")
    planes = np.asarray(planes, np.uint8)
    # FFmpeg converts the levels of a format that is full range by definition, such as grey, unless
    # the picture states its range.
    is_converted = picture.frame.color_range != FULL_RANGE
    levels = planes if is_converted else planes_to_video_levels(planes)
    return rotate_planes_upright(levels, picture.orientation)
