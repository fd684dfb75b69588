"""Paints privacy masks over every picture before any other stage sees it.

A mask is a polygon in fractions of the width and height of the picture, so that it is valid at
every resolution. The colour picture is painted black. The luma is painted with its mean, so that
the edges of a mask count neither as sharpness nor as motion.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.camera import (
    ActivityLevel,
    Camera,
    Counters,
    Finite,
    Reconfigurable,
    Throttleable,
    failure_of,
)
from edge_agent.capture.failure import CaptureFailure
from edge_agent.capture.frame import Frame, FrameGap, Image
from edge_agent.settings.capture import CaptureSettings
from edge_agent.settings.field_types import Polygon
from wire.health import CaptureState


class MaskedCamera:
    """A camera whose frames are masked."""

    def __init__(self, camera: Camera, masks: Sequence[Polygon]) -> None:
        self._camera = camera
        self._masks = masks

    @property
    def name(self) -> str:
        return self._camera.name

    @property
    def state(self) -> CaptureState:
        return self._camera.state

    @property
    def counters(self) -> Counters:
        return self._camera.counters

    @property
    def failure(self) -> CaptureFailure | None:
        return failure_of(self._camera)

    @property
    def plays_once(self) -> bool:
        return isinstance(self._camera, Finite) and self._camera.plays_once

    @property
    def rest_after_s(self) -> float:
        return self._camera.rest_after_s if isinstance(self._camera, Throttleable) else 0.0

    def set_activity(self, activity: ActivityLevel) -> None:
        if isinstance(self._camera, Throttleable):
            self._camera.set_activity(activity)

    def apply_settings(self, settings: CaptureSettings) -> None:
        self._masks = settings.masks
        if isinstance(self._camera, Reconfigurable):
            self._camera.apply_settings(settings)

    def close(self) -> None:
        self._camera.close()

    def __iter__(self) -> Iterator[Frame | FrameGap]:
        for moment in self._camera:
            if self._masks and isinstance(moment, Frame):
                yield self._painted(moment, self._masks)
            else:
                yield moment

    def _painted(self, frame: Frame, masks: Sequence[Polygon]) -> Frame:
        return Frame(
            lambda: paint_masks(frame.image, masks, 0.0),
            frame.captured_at,
            frame.elapsed_s,
            frame.index,
            luma=lambda: _paint_luma(frame.luma(), masks),
            is_coarse=frame.is_coarse,
        )


def paint_masks(image: Image, masks: Sequence[Polygon], level: float) -> Image:
    """A copy in which every mask has one grey level."""
    copy = np.array(image, dtype=np.uint8, order="C")
    corners = [_corners(mask, *image.shape[:2]) for mask in masks]
    cv2.fillPoly(copy, corners, (level, level, level))
    return copy


def _paint_luma(luma: Image, masks: Sequence[Polygon]) -> Image:
    return paint_masks(luma, masks, float(luma.mean()))


def _corners(mask: Polygon, height_px: int, width_px: int) -> NDArray[np.int32]:
    """Polygon corners in pixels, rounded; the fill includes the border."""
    shares = np.array(mask, dtype=np.float64)
    return np.round(shares * (width_px, height_px)).astype(np.int32)
