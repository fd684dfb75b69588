"""Decodes the output tensors of face detection networks into candidate boxes, by layout name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.boxes import intersections_and_unions
from edge_agent.perception.inference import Floats

STRIDES_PX = (8, 16, 32)
ANCHORS = 2
MAX_CANDIDATES = 2000


@dataclass(frozen=True, slots=True, eq=False)
class CandidateBoxes:
    """Candidates above the threshold in input pixels: (n,), (n, 4) and (n, 5, 2)."""

    scores: Floats
    boxes: Floats
    landmarks: Floats


OutputReader = Callable[[Sequence[Floats], float, int], CandidateBoxes]


def _cells_above(score: Floats, threshold: float, stride: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the flat indices of cells above the threshold and their corner, in strides."""
    cells = np.flatnonzero(score.reshape(-1) > threshold)
    columns = score.shape[-1]
    return cells, np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)


def _decode_boxes(centre: Floats, log_size: Floats, stride: int) -> Floats:
    half = np.exp(np.clip(log_size, -5, 6)) * stride / 2
    return np.concatenate([centre * stride - half, centre * stride + half], axis=1)


def _concatenate(parts: Sequence[CandidateBoxes]) -> CandidateBoxes:
    return CandidateBoxes(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.landmarks for part in parts]),
    )


def read_onlooker(outputs: Sequence[Floats], threshold: float, width_px: int) -> CandidateBoxes:
    """Read three maps (1, 15, h, w): probability, offsets from the cell's centre in strides."""
    parts = []
    for stride, output in zip(STRIDES_PX, outputs, strict=True):
        cells, corner = _cells_above(output[0, 0], threshold, stride)
        row = output[0].reshape(15, -1)[:, cells].T
        middle = corner + 0.5
        points = (row[:, 5:].reshape(-1, 5, 2) + middle[:, None]) * stride
        boxes = _decode_boxes(middle + row[:, 1:3], row[:, 3:5], stride)
        parts.append(CandidateBoxes(row[:, 0], boxes, points))
    return _concatenate(parts)


def read_yunet(outputs: Sequence[Floats], threshold: float, width_px: int) -> CandidateBoxes:
    """Read YuNet's twelve lists: class, objectness, box and landmarks, each for three strides."""
    parts = []
    for level, stride in enumerate(STRIDES_PX):
        kind, thing, box, points = (outputs[level + 3 * part][0] for part in range(4))
        score = np.sqrt(np.clip(kind[:, 0], 0, 1) * np.clip(thing[:, 0], 0, 1))
        cells, corner = _cells_above(score.reshape(-1, width_px // stride), threshold, stride)
        boxes = _decode_boxes(corner + box[cells, :2], box[cells, 2:], stride)
        marks = (points[cells].reshape(-1, 5, 2) + corner[:, None]) * stride
        parts.append(CandidateBoxes(score[cells], boxes, marks))
    return _concatenate(parts)


def read_scrfd(outputs: Sequence[Floats], threshold: float, width_px: int) -> CandidateBoxes:
    """Read SCRFD's nine lists: scores, distances to the four edges and landmarks, each for three
    strides, two anchors a cell (Guo et al., 2021).
    """
    parts = []
    for level, stride in enumerate(STRIDES_PX):
        scores, edges, points = (outputs[level + 3 * part] for part in range(3))
        cells = np.flatnonzero(scores.reshape(-1) > threshold)
        cell, columns = cells // ANCHORS, width_px // stride
        centre = np.stack([cell % columns, cell // columns], axis=1).astype(np.float32) * stride
        reach = edges.reshape(-1, 4)[cells] * stride
        boxes = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], axis=1)
        marks = points.reshape(-1, 5, 2)[cells] * stride + centre[:, None]
        parts.append(CandidateBoxes(scores.reshape(-1)[cells], boxes, marks))
    return _concatenate(parts)


def normalize_around_zero(planes: Floats) -> Floats:
    """Turn BGR planes of 0 to 255 into RGB planes of -1 to 1."""
    return np.ascontiguousarray((planes[:, ::-1] - 127.5) / 128)


@dataclass(frozen=True, slots=True)
class DetectorLayout:
    """How the outputs of a detector are decoded, and its input where that is not BGR 0 to 255."""

    read: OutputReader
    prepared: Callable[[Floats], Floats] | None = None


LAYOUTS: dict[str, DetectorLayout] = {
    "onlooker-maps": DetectorLayout(read_onlooker),
    "yunet-lists": DetectorLayout(read_yunet),
    "scrfd-lists": DetectorLayout(read_scrfd, normalize_around_zero),
}


def non_max_suppression(boxes: Floats, scores: Floats, overlap: float) -> NDArray[np.intp]:
    """Return the indices of boxes that no better box overlaps by more than `overlap` (IoU)."""
    order = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    selected: list[int] = []
    while len(order):
        best, rest = order[0], order[1:]
        selected.append(int(best))
        shared, union = intersections_and_unions(boxes[best], boxes[rest])
        order = rest[shared <= overlap * union]
    return np.asarray(selected, np.intp)
