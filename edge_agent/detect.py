"""Faces in a picture: boxes, scores and five landmarks.

The picture is brought to `input_px` on its longer side, so a face smaller than about 10 px at
that size is lost, whatever the camera's resolution. Any layout with a reader in `LAYOUTS` runs
here by name; the rest of the agent cannot tell them apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.frame import Image
from edge_agent.inference import (
    WEIGHTS,
    Floats,
    ModelError,
    Session,
    as_bgr,
    crop,
    number,
    open_session,
    side_px,
    tried,
)
from edge_agent.probability import calibration_of
from wire.model_card import ModelCard

STRIDES_PX = (8, 16, 32)
LARGEST_STRIDE_PX = 32
ANCHORS = 2
MOST_ENLARGED = 4.0
MOST_CANDIDATES = 2000
DOUBTFUL_RATIO = 0.6
# cells below this are not worth a second look, nor are more than so many places of a frame
LEAST_CANDIDATE, MOST_LOOKS = 0.1, 64


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face of one picture, in that picture's pixels.

    `box` x1, y1, x2, y2; `landmarks` (5, 2) in the order right eye, left eye, nose, right and
    left corner of the mouth, where right is the subject's right, on the left of the picture.
    `score` is a probability where the detector's card carries a calibration, else the network's
    own. A face that is not `sure` scored below the threshold: it may be somebody who was seen
    before.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: Floats
    sure: bool = True

    @property
    def height_px(self) -> float:
        return self.box[3] - self.box[1]


class FaceDetector(Protocol):
    """Anything that finds faces. `name` and `version` go into the health report."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    def faces(self, image: Image) -> list[Face]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Cells above the threshold, px of the network's input: (n,), (n, 4) and (n, 5, 2)."""

    scores: Floats
    boxes: Floats
    landmarks: Floats


Reader = Callable[[Sequence[Floats], float, int], Candidates]


def _cells(score: Floats, threshold: float, stride: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the flat indices of cells above the threshold and their corner, in strides."""
    kept = np.flatnonzero(score.reshape(-1) > threshold)
    columns = score.shape[-1]
    return kept, np.stack([kept % columns, kept // columns], axis=1).astype(np.float32)


def _boxes(centre: Floats, log_size: Floats, stride: int) -> Floats:
    half = np.exp(np.clip(log_size, -5, 6)) * stride / 2
    return np.concatenate([centre * stride - half, centre * stride + half], axis=1)


def _joined(parts: Sequence[Candidates]) -> Candidates:
    return Candidates(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.landmarks for part in parts]),
    )


def read_onlooker(outputs: Sequence[Floats], threshold: float, width_px: int) -> Candidates:
    """Read three maps (1, 15, h, w): probability, offsets from the cell's centre in strides."""
    parts = []
    for stride, output in zip(STRIDES_PX, outputs, strict=True):
        kept, corner = _cells(output[0, 0], threshold, stride)
        row = output[0].reshape(15, -1)[:, kept].T
        middle = corner + 0.5
        points = (row[:, 5:].reshape(-1, 5, 2) + middle[:, None]) * stride
        boxes = _boxes(middle + row[:, 1:3], row[:, 3:5], stride)
        parts.append(Candidates(row[:, 0], boxes, points))
    return _joined(parts)


def read_yunet(outputs: Sequence[Floats], threshold: float, width_px: int) -> Candidates:
    """Read YuNet's twelve lists: class, objectness, box and landmarks, each for three strides."""
    parts = []
    for level, stride in enumerate(STRIDES_PX):
        kind, thing, box, points = (outputs[level + 3 * part][0] for part in range(4))
        score = np.sqrt(np.clip(kind[:, 0], 0, 1) * np.clip(thing[:, 0], 0, 1))
        kept, corner = _cells(score.reshape(-1, width_px // stride), threshold, stride)
        boxes = _boxes(corner + box[kept, :2], box[kept, 2:], stride)
        marks = (points[kept].reshape(-1, 5, 2) + corner[:, None]) * stride
        parts.append(Candidates(score[kept], boxes, marks))
    return _joined(parts)


def read_scrfd(outputs: Sequence[Floats], threshold: float, width_px: int) -> Candidates:
    """Read SCRFD's nine lists: scores, distances to the four edges and landmarks, each for three
    strides, two anchors a cell (Guo et al., 2021).
    """
    parts = []
    for level, stride in enumerate(STRIDES_PX):
        scores, edges, points = (outputs[level + 3 * part] for part in range(3))
        kept = np.flatnonzero(scores.reshape(-1) > threshold)
        cell, columns = kept // ANCHORS, width_px // stride
        centre = np.stack([cell % columns, cell // columns], axis=1).astype(np.float32) * stride
        reach = edges.reshape(-1, 4)[kept] * stride
        boxes = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], axis=1)
        marks = points.reshape(-1, 5, 2)[kept] * stride + centre[:, None]
        parts.append(Candidates(scores.reshape(-1)[kept], boxes, marks))
    return _joined(parts)


def around_zero(planes: Floats) -> Floats:
    """Turn BGR planes of 0 to 255 into RGB planes of -1 to 1."""
    return np.ascontiguousarray((planes[:, ::-1] - 127.5) / 128)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a detector's outputs are read, and what it wants for input instead of BGR 0 to 255."""

    read: Reader
    prepared: Callable[[Floats], Floats] | None = None


LAYOUTS: dict[str, Layout] = {
    "onlooker-maps": Layout(read_onlooker),
    "yunet-lists": Layout(read_yunet),
    "scrfd-lists": Layout(read_scrfd, around_zero),
}


class SecondLook:
    """Asks of every place found: is this crop a face? Heads from behind and apples are not."""

    def __init__(self, session: Session) -> None:
        card = session.card
        if card.task != "face-check":
            raise ModelError(
                f"found {card.name} for {card.task}, wanted a network for face-check; correct "
                "`second_look` on the detector's card"
            )
        self._side_px, self._margin = side_px(card), number(card, "crop_margin")
        self._session, self._input = session, card.inputs[0].name
        self.first_look_share = card.calibration.get("first_look_share", 0.5)

    def probabilities(self, image: Image, boxes: Floats) -> Floats:
        """Return (n,) the probability that each box holds a face, from native pixels."""
        if not len(boxes):
            return np.zeros(0, np.float32)
        places = [(float(b[0]), float(b[1]), float(b[2]), float(b[3])) for b in boxes]
        bgr = as_bgr(image)
        crops = np.stack([crop(bgr, box, self._margin, self._side_px) for box in places])
        planes = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
        return self._session.run({self._input: planes})[0][:, 0]


class OnnxFaceDetector:
    """A detector that runs in ONNX Runtime on the camera's own processor."""

    def __init__(
        self,
        session: Session,
        *,
        input_px: int,
        threshold: float | None,
        doubtful: bool,
        second_look: SecondLook | None = None,
    ) -> None:
        card = session.card
        if card.task != "face-detection" or card.layout not in LAYOUTS:
            raise ModelError(
                f"found {card.name} for {card.task} with layout {card.layout!r}, wanted a face "
                f"detector with one of {sorted(LAYOUTS)}; name another model"
            )
        self.name, self.version = card.name, card.version
        self.threshold = number(card, "score") if threshold is None else threshold
        self._calibration = calibration_of(card)
        self._sure = self._own(self.threshold)
        self._least = self._sure * DOUBTFUL_RATIO if doubtful else self._sure
        self._second_look = second_look
        self._overlap = card.thresholds.get("overlap", 0.4)
        self._session, self._layout = session, LAYOUTS[card.layout]
        self._input, self._fixed_px = card.inputs[0].name, fixed_px(card)
        self._input_px = self._fixed_px or input_px

    def probability(self, score: float) -> float:
        """Return what `Face.score` tells where both looks together score so."""
        return float(self._calibration.probability(score)) if self._calibration else score

    def _own(self, probability: float) -> float:
        return float(self._calibration.score(probability)) if self._calibration else probability

    def faces(self, image: Image) -> list[Face]:
        """Find the faces of a BGR (or grey) picture, best score first."""
        bgr = as_bgr(image)
        ratio = min(self._input_px / max(bgr.shape[:2]), MOST_ENLARGED)
        planes = self._letterboxed(bgr, ratio)
        wanted = self._layout.prepared(planes) if self._layout.prepared else planes
        outputs = self._session.run({self._input: wanted})
        found = self._layout.read(outputs, self._candidate(), planes.shape[3])
        kept = suppressed(found.boxes, found.scores, self._overlap)
        height, width = bgr.shape[:2]
        boxes = (found.boxes[kept] / ratio).clip(0, [width, height, width, height])
        marks = (found.landmarks[kept] / ratio).astype(np.float32)
        scores = found.scores[kept]
        if self._second_look:
            boxes, marks, scores = self._looked_at(bgr, boxes, marks, scores)
        return [
            Face(
                (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
                self.probability(float(score)),
                points,
                sure=bool(score >= self._sure),
            )
            for box, score, points in zip(boxes, scores, marks, strict=True)
            if box[2] > box[0] and box[3] > box[1]
        ]

    def _candidate(self) -> float:
        """Return the network's own score from which a place can still reach the threshold."""
        if self._second_look is None:
            return self._least
        return max(float(self._least ** (1 / self._second_look.first_look_share)), LEAST_CANDIDATE)

    def _looked_at(
        self, image: Image, boxes: Floats, marks: Floats, scores: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Score every place by the weighted geometric mean of both looks, the best first."""
        assert self._second_look is not None
        boxes, marks, scores = boxes[:MOST_LOOKS], marks[:MOST_LOOKS], scores[:MOST_LOOKS]
        share = self._second_look.first_look_share
        both = scores**share * self._second_look.probabilities(image, boxes) ** (1 - share)
        order = np.argsort(-both, kind="stable")
        order = order[both[order] >= self._least]
        return boxes[order], marks[order], both[order]

    def _letterboxed(self, image: Image, ratio: float) -> Floats:
        """Scale by `ratio` and pad right and below to what the network divides by."""
        width = max(1, round(image.shape[1] * ratio))
        height = max(1, round(image.shape[0] * ratio))
        way = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        small = image if ratio == 1 else cv2.resize(image, (width, height), interpolation=way)
        rows = self._fixed_px or -(-height // LARGEST_STRIDE_PX) * LARGEST_STRIDE_PX
        columns = self._fixed_px or -(-width // LARGEST_STRIDE_PX) * LARGEST_STRIDE_PX
        planes = np.zeros((1, 3, rows, columns), np.float32)
        planes[0, :, :height, :width] = small.transpose(2, 0, 1)
        return planes


def fixed_px(card: ModelCard) -> int | None:
    """Return the only side of pictures that a detector's network takes; None: it takes any."""
    shape = card.inputs[0].shape
    return shape[3] if isinstance(shape[3], int) else None


def suppressed(boxes: Floats, scores: Floats, overlap: float) -> NDArray[np.intp]:
    """Return the indices of boxes that no better box overlaps by more than `overlap` (IoU)."""
    order = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    kept: list[int] = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = np.clip(high - low, 0, None).prod(axis=1)
        union = area[best] + area[rest] - shared
        order = rest[shared <= overlap * np.maximum(union, 1e-6)]
    return np.asarray(kept, np.intp)


def load_detector(
    name: str | Path = "onlooker-face",
    *,
    input_px: int = 640,
    threshold: float | None = None,
    folders: Sequence[Path] = (WEIGHTS,),
    accept_research: bool = False,
    doubtful: bool = False,
) -> OnnxFaceDetector:
    """Open a detector by name or card and run it once, so that the first frame is not slow.

    `threshold` is on the scale of `Face.score`; without it the card's own holds. With `doubtful`
    it also gives what the looks score down to `DOUBTFUL_RATIO` of the threshold, marked as not
    sure, for a tracker that knows whom it has seen.
    """
    session = open_session(name, folders=folders, accept_research=accept_research)
    detector = OnnxFaceDetector(
        session,
        input_px=input_px,
        threshold=threshold,
        doubtful=doubtful,
        second_look=_second_look(session, name, folders, accept_research),
    )
    black = np.zeros((input_px * 9 // 16, input_px, 3), np.uint8)
    tried(session.card, partial(detector.faces, black))
    return detector


def _second_look(
    detector: Session, name: str | Path, folders: Sequence[Path], accept_research: bool
) -> SecondLook | None:
    """Open the network that the detector's card names for checking, beside the detector."""
    wanted = detector.card.second_look
    if wanted is None:
        return None
    near = (name.parent,) if isinstance(name, Path) else ()
    everywhere = (*near, *folders, WEIGHTS)
    session = open_session(wanted, folders=everywhere, accept_research=accept_research)
    look, somewhere = SecondLook(session), np.asarray([[8, 8, 24, 24]], np.float32)
    tried(session.card, partial(look.probabilities, np.zeros((32, 32, 3), np.uint8), somewhere))
    return look
