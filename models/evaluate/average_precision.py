"""Average precision of boxes at one overlap, the area under the precision-recall curve.

Matching is greedy by score within a picture (PASCAL VOC, all points). True faces below a size, and
unmatched boxes below that size, count neither for nor against a detector.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.boxes import overlap_ratios
from edge_agent.perception.face_detector import Face
from models.datasets.picture import Floats

OVERLAP = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """One picture: the score of every counted box, whether it is right, and the true faces."""

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    wanted: int


def match_boxes(
    faces: Sequence[Face], truth: Floats, *, least_px: float = 0.0, overlap: float = OVERLAP
) -> Matches:
    """Match the faces of one picture with its (n, 4) true boxes, best score first."""
    counted = truth[:, 3] - truth[:, 1] >= least_px
    free = np.ones(len(truth), bool)
    scores, right = [], []
    for face in sorted(faces, key=lambda face: -face.score):
        share = np.where(free, overlap_ratios(np.asarray([face.box], np.float32), truth)[0], 0)
        best = int(np.argmax(share)) if len(share) else -1
        hit = best >= 0 and bool(share[best] >= overlap)
        if hit:
            free[best] = False
        if (hit and not counted[best]) or (not hit and face.height_px < least_px):
            continue
        scores.append(face.score)
        right.append(hit)
    return Matches(np.asarray(scores, np.float64), np.asarray(right, bool), int(counted.sum()))


def curve(pictures: Sequence[Matches]) -> tuple[NDArray[np.float64], Floats, Floats]:
    """Return scores, precision and recall, one point for each box, best score first."""
    scores = np.concatenate([picture.scores for picture in pictures])
    right = np.concatenate([picture.right for picture in pictures])
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    wanted = max(1, sum(picture.wanted for picture in pictures))
    precision = hits / np.arange(1, len(hits) + 1)
    return scores[order], precision.astype(np.float32), (hits / wanted).astype(np.float32)


def average_precision(pictures: Sequence[Matches]) -> float:
    """Return the area under the curve; precision is replaced by its envelope."""
    _, precision, recall = curve(pictures)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(np.concatenate([[0.0], recall]))
    return float((steps * envelope).sum())


def recall_at(pictures: Sequence[Matches], threshold: float) -> float:
    """Return the share of true faces found with at least `threshold`."""
    hits = sum(int(p.right[p.scores >= threshold].sum()) for p in pictures)
    return hits / max(1, sum(p.wanted for p in pictures))


def precision_at(pictures: Sequence[Matches], threshold: float) -> float:
    """Return the share of boxes of at least `threshold` that are faces; 1.0 without any box."""
    above = [p.right[p.scores >= threshold] for p in pictures]
    count = sum(len(right) for right in above)
    return sum(int(right.sum()) for right in above) / count if count else 1.0
