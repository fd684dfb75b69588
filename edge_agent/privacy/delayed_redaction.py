"""Pictures that may be shown: a moment late, so that a head found next is hidden before, too.

A detector misses a head now and then, and finds a new one only once it is near enough. So a
picture waits `AROUND_S`, and is veiled where a head was found in it and where the tracker expects
one. A head that was found up to `AROUND_S` before or after, and has none here that could be it, is
veiled as well, widened by how far people walk meanwhile. Each head here excuses one other: of two
people side by side, one missed, both are hidden. A picture in which nobody looked is coarse as a
whole.
What no detector ever found is not hidden: no mosaic can promise that.
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
DRIFT_PER_S: Final = 4.0  # face sizes; 0.65 m/s across the picture, and trackers do the rest
LARGEST_SIZE_RATIO: Final = 2.0


class RedactedFrame(NamedTuple):
    """A picture that may be shown: BGR, every head under a mosaic. Times as of its frame."""

    image: Image
    captured_at: datetime
    at_s: float


class _Waiting(NamedTuple):
    image: Image
    heads: Sequence[Box] | None
    captured_at: datetime
    at_s: float


class DelayedRedaction:
    """One camera's pictures, at most `width_px` wide, in their order."""

    def __init__(self, width_px: int) -> None:
        self._width_px = width_px
        self._waiting: deque[_Waiting] = deque()
        self._heads: deque[tuple[float, Sequence[Box]]] = deque()

    def add_frame(
        self, frame: Frame, heads: Sequence[Box] | None, *, wanted: bool
    ) -> Iterator[RedactedFrame]:
        """Take a picture if it is `wanted`, its heads in any case; those that may be shown now."""
        at_s, scale = frame.elapsed_s, 1.0
        if wanted:
            scale = min(self._width_px / frame.width_px, 1.0)
            image = _scaled(frame.image, scale)
            here = None if heads is None else _times(heads, scale)
            self._waiting.append(_Waiting(image, here, frame.captured_at, at_s))
        elif heads:
            scale = min(self._width_px / frame.width_px, 1.0)
        if heads:
            self._heads.append((at_s, _times(heads, scale)))
        while self._heads and self._heads[0][0] < at_s - 3 * DELAY_S:
            self._heads.popleft()
        while self._waiting and self._waiting[0].at_s <= at_s - DELAY_S:
            yield self._shown(self._waiting.popleft())

    def flush(self) -> Iterator[RedactedFrame]:
        """What still waits; nothing follows it."""
        while self._waiting:
            yield self._shown(self._waiting.popleft())

    def _shown(self, picture: _Waiting) -> RedactedFrame:
        if picture.heads is None:
            image = pixelate(picture.image, FRAME_CELLS)
        else:
            image = pixelate_boxes(picture.image, self._boxes(picture.at_s, picture.heads))
        return RedactedFrame(image, picture.captured_at, picture.at_s)

    def _boxes(self, at_s: float, here: Sequence[Box]) -> Iterator[Box]:
        yield from (widen(box, HEAD_MARGIN_RATIO) for box in here)
        for seen_s, heads in self._heads:
            apart_s = abs(seen_s - at_s)
            if 0 < apart_s <= DELAY_S + 1e-6:
                drift = DRIFT_PER_S * apart_s
                for box in find_unmatched(heads, here, reach=drift + HEAD_MARGIN_RATIO):
                    yield widen(box, HEAD_MARGIN_RATIO + drift)


def find_unmatched(heads: Sequence[Box], others: Sequence[Box], *, reach: float) -> Iterator[Box]:
    """Heads that none of the others can be: each other is one head at most, the nearest first.

    `reach` is how far apart two boxes of one head may be, in sizes of the head.
    """
    pairs = sorted(
        (apart, number, index)
        for number, head in enumerate(heads)
        for index, other in enumerate(others)
        if (apart := _apart(head, other)) <= reach
    )
    found: set[int] = set()
    taken: set[int] = set()
    for _, number, index in pairs:
        if number not in found and index not in taken:
            found.add(number)
            taken.add(index)
    return (head for number, head in enumerate(heads) if number not in found)


def _apart(one: Box, other: Box) -> float:
    """Distance of the centres in sizes of the smaller; far apart when the sizes differ much."""
    sizes = sorted(max(box[2] - box[0], box[3] - box[1]) for box in (one, other))
    if sizes[0] <= 0 or sizes[1] / sizes[0] > LARGEST_SIZE_RATIO:
        return math.inf
    across = (one[0] + one[2] - other[0] - other[2]) / 2
    down = (one[1] + one[3] - other[1] - other[3]) / 2
    return math.hypot(across, down) / sizes[0]


def _times(boxes: Sequence[Box], scale: float) -> list[Box]:
    return [(x1 * scale, y1 * scale, x2 * scale, y2 * scale) for x1, y1, x2, y2 in boxes]


def _scaled(image: Image, scale: float) -> Image:
    if scale == 1.0:
        return image
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
