"""Converts FFmpeg's pictures to frames. The luma is a view; colours are converted on demand.

Converting 1080p to BGR costs 1.2 ms and asking FFmpeg for grey 2.1 ms; the Y plane costs nothing
(x86, one thread). So only the pictures that the detector sees are converted.
"""

from datetime import datetime
from typing import Final

import numpy as np

from edge_agent.capture.decoding.luma_range import is_full_range, planes_on_video_levels
from edge_agent.capture.decoding.orientation import upright, upright_planes
from edge_agent.capture.decoding.packet_decoder import Picture
from edge_agent.capture.frame import Frame, Image, video_levels

PLANAR_LUMA: Final = frozenset(
    ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21", "gray")
)


def frame_of(picture: Picture, captured_at: datetime, elapsed_s: float, index: int) -> Frame:
    """Wrap a decoded picture; it is kept alive as long as the frame is."""
    planar = picture.frame.format.name in PLANAR_LUMA
    return Frame(
        lambda: bgr(picture),
        captured_at,
        elapsed_s,
        index,
        luma=(lambda: luma(picture)) if planar else None,
    )


def bgr(picture: Picture) -> Image:
    """Height x width x 3, upright."""
    image = np.asarray(picture.frame.to_ndarray(format="bgr24"), dtype=np.uint8)
    return upright(image, picture.orientation)


def luma(picture: Picture) -> Image:
    """Height x width, upright, on video levels: the Y plane as it lies in memory, if it may."""
    plane = picture.frame.planes[0]
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    levels = rows[: picture.frame.height, : picture.frame.width]
    levels = video_levels(levels) if is_full_range(picture.frame) else levels
    return upright(levels, picture.orientation)


def i420(picture: Picture) -> Image:
    """Height * 3/2 x width, upright, on video levels, an odd last row or column left out."""
    width, height = picture.frame.width & ~1, picture.frame.height & ~1
    planes = picture.frame.to_ndarray(width=width, height=height, format="yuv420p")
    planes = np.asarray(planes, np.uint8)
    levels = planes_on_video_levels(planes) if is_full_range(picture.frame) else planes
    return upright_planes(levels, picture.orientation)
