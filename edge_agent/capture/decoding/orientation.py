"""Rotates and mirrors pictures so that they are upright.

The orientation comes from a display matrix (of a file, or of FFmpeg's frames) or from a display
orientation SEI in H.264 or HEVC (ITU-T H.264 D.1.27, H.265 D.2.17). It is valid for the stream
until the next one, not only for the picture that carries it. FFmpeg exposes an SEI only on the
picture that carries it, and an upright one not at all, so SEIs are read from the packets.
"""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import av
import numpy as np
from av.sidedata.sidedata import Type

from edge_agent.capture.decoding.sei import OrientationSei
from edge_agent.capture.frame import Image


class Orientation(NamedTuple):
    """Rows and columns are swapped first, then each is reversed."""

    swapped: bool = False
    rows_reversed: bool = False
    columns_reversed: bool = False

    @property
    def is_upright(self) -> bool:
        return self == UPRIGHT


UPRIGHT: Final = Orientation()


def orientation_from_matrix(matrix: Sequence[float]) -> Orientation:
    """The nearest of the eight orientations to FFmpeg's display matrix (3 x 3, row by row).

    A pixel at column x and row y goes to column `a x + c y` and row `b x + d y`.
    """
    a, b, _, c, d = matrix[:5]
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(swapped=True, rows_reversed=b < 0, columns_reversed=c < 0)
    return Orientation(swapped=False, rows_reversed=d < 0, columns_reversed=a < 0)


def orientation_from_sei(sei: OrientationSei) -> Orientation:
    """The orientation of an SEI: mirrored first, then rotated anticlockwise."""
    turn = math.radians(sei.anticlockwise_deg)
    across, down = (-1.0 if flip else 1.0 for flip in (sei.is_mirrored, sei.is_upside_down))
    cosine, sine = math.cos(turn), math.sin(turn)
    return orientation_from_matrix(
        (cosine * across, -sine * across, 0.0, sine * down, cosine * down)
    )


def orientation_of_picture(picture: av.VideoFrame) -> Orientation | None:
    """The orientation from the display matrix of a picture; None without one."""
    carried: Any = picture.side_data  # PyAV's stub describes it by another type
    try:
        matrix = bytes(carried[Type.DISPLAYMATRIX])
    except KeyError:
        return None
    return orientation_from_matrix(np.frombuffer(matrix, np.int32).tolist())


def rotate_upright(image: Image, orientation: Orientation) -> Image:
    """Rotate a picture (height x width, or x channels); an upright one is not copied."""
    if orientation.is_upright:
        return image
    return np.ascontiguousarray(_rotate(image, orientation))


def rotate_planes_upright(planes: Image, orientation: Orientation) -> Image:
    """Rotate I420 planes: height * 3/2 x width, both even."""
    if orientation.is_upright:
        return planes
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    content, luma_px = planes.reshape(-1), height * width
    parts = [content[:luma_px].reshape(height, width)] + [
        content[start : start + luma_px // 4].reshape(height // 2, width // 2)
        for start in (luma_px, luma_px * 5 // 4)
    ]
    turned = [_rotate(part, orientation) for part in parts]
    return np.concatenate([part.reshape(-1) for part in turned]).reshape(-1, turned[0].shape[1])


def _rotate(image: Image, orientation: Orientation) -> Image:
    image = image.swapaxes(0, 1) if orientation.swapped else image
    rows = -1 if orientation.rows_reversed else 1
    columns = -1 if orientation.columns_reversed else 1
    return image[::rows, ::columns]
