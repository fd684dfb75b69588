"""Pixelates heads in frames, with a delay so that heads found later are hidden in earlier frames.

A detector misses a head now and then, and finds a new one only when it is near enough. A frame
therefore waits `DELAY_S`. It is pixelated where a head was found in it and where the tracker
expects one, and where a head was found up to `DELAY_S` before or after that no head in this frame
matches; that area is widened by the distance people walk meanwhile. Each head in the frame matches
one other head at most: of two people side by side, one missed, both are hidden. A frame that was
not searched for heads is pixelated as a whole.

A head that is never detected is not hidden.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import cv2
import numpy as np

from edge_agent.capture.frame import Frame, Image
from edge_agent.privacy.pixelate import (
    FRAME_CELLS,
    HEAD_MARGIN_RATIO,
    Box,
    pixelate,
    pixelate_boxes,
    widen,
)

DELAY_S: Final = 0.6
DRIFT_PER_S: Final = 4.0  # face sizes: 0.65 m/s across the frame; the tracker covers more
LARGEST_SIZE_RATIO: Final = 2.0


class RedactedFrame(NamedTuple):
    """A redacted image (BGR, heads pixelated) with the times of its frame."""

    image: Image
    captured_at: datetime
    at_s: float


class _PendingFrame(NamedTuple):
    image: Image
    heads: Sequence[Box] | None
    captured_at: datetime
    at_s: float


class DelayedRedaction:
    """Redacts the frames of one camera, at most `width_px` wide, in order."""

    def __init__(self, width_px: int) -> None:
        self._width_px = width_px
        self._pending: deque[_PendingFrame] = deque()
        self._heads: deque[tuple[float, Sequence[Box]]] = deque()

    def add_frame(
        self, frame: Frame, heads: Sequence[Box] | None, *, wanted: bool
    ) -> Iterator[RedactedFrame]:
        """Add a frame, if `wanted`, and its heads in any case; yields the frames that are ready."""
        at_s, scale = frame.elapsed_s, 1.0
        if wanted:
            scale = min(self._width_px / frame.width_px, 1.0)
            image = _resize(frame.image, scale)
            current = None if heads is None else _scale_boxes(heads, scale)
            self._pending.append(_PendingFrame(image, current, frame.captured_at, at_s))
        elif heads:
            scale = min(self._width_px / frame.width_px, 1.0)
        if heads:
            self._heads.append((at_s, _scale_boxes(heads, scale)))
        while self._heads and self._heads[0][0] < at_s - 3 * DELAY_S:
            self._heads.popleft()
        while self._pending and self._pending[0].at_s <= at_s - DELAY_S:
            yield self._redact(self._pending.popleft())

    def flush(self) -> Iterator[RedactedFrame]:
        """Yield the frames that still wait, at the end."""
        while self._pending:
            yield self._redact(self._pending.popleft())

    def _redact(self, pending: _PendingFrame) -> RedactedFrame:
        if pending.heads is None:
            image = pixelate(pending.image, FRAME_CELLS)
        else:
            image = pixelate_boxes(pending.image, self._boxes(pending.at_s, pending.heads))
        return RedactedFrame(image, pending.captured_at, pending.at_s)

    def _boxes(self, at_s: float, current: Sequence[Box]) -> Iterator[Box]:
        yield from (widen(box, HEAD_MARGIN_RATIO) for box in current)
        for found_s, heads in self._heads:
            offset_s = abs(found_s - at_s)
            if 0 < offset_s <= DELAY_S + 1e-6:
                drift = DRIFT_PER_S * offset_s
                for box in find_unmatched(heads, current, reach=drift + HEAD_MARGIN_RATIO):
                    yield widen(box, HEAD_MARGIN_RATIO + drift)


def find_unmatched(heads: Sequence[Box], others: Sequence[Box], *, reach: float) -> Iterator[Box]:
    """Heads without a match in `others`; each of the others matches one head, the nearest first.

    `reach` is the largest distance of two boxes of one head, in sizes of the head.
    """
    pairs = sorted(
        (distance, number, index)
        for number, head in enumerate(heads)
        for index, other in enumerate(others)
        if (distance := _distance(head, other)) <= reach
    )
    found: set[int] = set()
    taken: set[int] = set()
    for _, number, index in pairs:
        if number not in found and index not in taken:
            found.add(number)
            taken.add(index)
    return (head for number, head in enumerate(heads) if number not in found)


def _distance(one: Box, other: Box) -> float:
    """Distance of the centres in sizes of the smaller; infinite when the sizes differ much."""
    sizes = sorted(max(box[2] - box[0], box[3] - box[1]) for box in (one, other))
    if sizes[0] <= 0 or sizes[1] / sizes[0] > LARGEST_SIZE_RATIO:
        return math.inf
    across = (one[0] + one[2] - other[0] - other[2]) / 2
    down = (one[1] + one[3] - other[1] - other[3]) / 2
    return math.hypot(across, down) / sizes[0]


def _scale_boxes(boxes: Sequence[Box], scale: float) -> list[Box]:
    return [(x1 * scale, y1 * scale, x2 * scale, y2 * scale) for x1, y1, x2, y2 in boxes]


def _resize(image: Image, scale: float) -> Image:
    if scale == 1.0:
        return image
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
