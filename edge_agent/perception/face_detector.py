"""Detects faces in a picture: boxes, scores and five landmarks.

The picture is scaled to `input_px` on its longer side. A face that is smaller than about 10 px at
that size is not found, whatever the resolution of the camera. `detector_outputs.LAYOUTS` lists the
networks that can be used; the rest of the agent does not depend on which one runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from edge_agent.capture.frame import Image
from edge_agent.perception.detector_outputs import LAYOUTS, non_max_suppression
from edge_agent.perception.face_verifier import FaceVerifier
from edge_agent.perception.image_crops import as_bgr
from edge_agent.perception.inference import Floats, ModelSession, check_inference, open_session
from edge_agent.perception.model_cards import WEIGHTS, required_number
from edge_agent.perception.model_errors import ModelError
from edge_agent.perception.score_calibration import read_calibration
from wire.model_card import ModelCard

LARGEST_STRIDE_PX = 32
MAX_UPSCALE = 4.0
DOUBTFUL_RATIO = 0.6
# candidates below this score are not verified, nor are more than this number in a frame
MIN_CANDIDATE_SCORE, MAX_VERIFIED = 0.1, 64


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face of one picture, in that picture's pixels.

    `box` x1, y1, x2, y2; `landmarks` (5, 2) in the order right eye, left eye, nose, right and
    left corner of the mouth, where right is the subject's right, on the left of the picture.
    `score` is a probability where the detector's card has a calibration, else the network's own
    score. A face that is not `sure` has a score below the threshold: it may continue a track.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: Floats
    sure: bool = True

    @property
    def height_px(self) -> float:
        return self.box[3] - self.box[1]


class FaceDetector(Protocol):
    """A face detector. `name` and `version` are part of every report."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    def faces(self, image: Image) -> list[Face]: ...


class OnnxFaceDetector:
    """A face detector that runs in ONNX Runtime on the CPU of the device."""

    def __init__(
        self,
        session: ModelSession,
        *,
        input_px: int,
        threshold: float | None,
        doubtful: bool,
        second_look: FaceVerifier | None = None,
    ) -> None:
        card = session.card
        if card.task != "face-detection" or card.layout not in LAYOUTS:
            raise ModelError(
                f"found {card.name} for {card.task} with layout {card.layout!r}, expected a face "
                f"detector with one of {sorted(LAYOUTS)}; name another model"
            )
        self.name, self.version = card.name, card.version
        self.threshold = required_number(card, "score") if threshold is None else threshold
        self._calibration = read_calibration(card)
        self._sure = self._own(self.threshold)
        self._least = self._sure * DOUBTFUL_RATIO if doubtful else self._sure
        self._second_look = second_look
        self._overlap = card.thresholds.get("overlap", 0.4)
        self._session, self._layout = session, LAYOUTS[card.layout]
        self._input, self._fixed_px = card.inputs[0].name, fixed_input_px(card)
        self._input_px = self._fixed_px or input_px

    def probability(self, score: float) -> float:
        """Return `Face.score` for a combined score of detector and verifier."""
        return float(self._calibration.probability(score)) if self._calibration else score

    def _own(self, probability: float) -> float:
        return float(self._calibration.score(probability)) if self._calibration else probability

    def faces(self, image: Image) -> list[Face]:
        """Detect the faces of a BGR or grey picture, best score first."""
        bgr = as_bgr(image)
        ratio = min(self._input_px / max(bgr.shape[:2]), MAX_UPSCALE)
        planes = self._letterboxed(bgr, ratio)
        wanted = self._layout.prepared(planes) if self._layout.prepared else planes
        outputs = self._session.run({self._input: wanted})
        found = self._layout.read(outputs, self._candidate(), planes.shape[3])
        selected = non_max_suppression(found.boxes, found.scores, self._overlap)
        height, width = bgr.shape[:2]
        boxes = (found.boxes[selected] / ratio).clip(0, [width, height, width, height])
        marks = (found.landmarks[selected] / ratio).astype(np.float32)
        scores = found.scores[selected]
        if self._second_look:
            boxes, marks, scores = self._verify(bgr, boxes, marks, scores)
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
        """Return the smallest network score with which a candidate can reach the threshold."""
        if self._second_look is None:
            return self._least
        return max(
            float(self._least ** (1 / self._second_look.first_look_share)), MIN_CANDIDATE_SCORE
        )

    def _verify(
        self, image: Image, boxes: Floats, marks: Floats, scores: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Score candidates by the weighted geometric mean of detector and verifier, best first."""
        assert self._second_look is not None
        boxes, marks, scores = boxes[:MAX_VERIFIED], marks[:MAX_VERIFIED], scores[:MAX_VERIFIED]
        share = self._second_look.first_look_share
        both = scores**share * self._second_look.probabilities(image, boxes) ** (1 - share)
        order = np.argsort(-both, kind="stable")
        order = order[both[order] >= self._least]
        return boxes[order], marks[order], both[order]

    def _letterboxed(self, image: Image, ratio: float) -> Floats:
        """Scale by `ratio` and pad right and below to a multiple of the largest stride."""
        width = max(1, round(image.shape[1] * ratio))
        height = max(1, round(image.shape[0] * ratio))
        interpolation = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        small = (
            image if ratio == 1 else cv2.resize(image, (width, height), interpolation=interpolation)
        )
        rows = self._fixed_px or -(-height // LARGEST_STRIDE_PX) * LARGEST_STRIDE_PX
        columns = self._fixed_px or -(-width // LARGEST_STRIDE_PX) * LARGEST_STRIDE_PX
        planes = np.zeros((1, 3, rows, columns), np.float32)
        planes[0, :, :height, :width] = small.transpose(2, 0, 1)
        return planes


def fixed_input_px(card: ModelCard) -> int | None:
    """Return the fixed input side of a detector; None where it accepts any."""
    shape = card.inputs[0].shape
    return shape[3] if isinstance(shape[3], int) else None


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

    `threshold` is on the scale of `Face.score`; without it the threshold of the card applies. With
    `doubtful`, faces down to `DOUBTFUL_RATIO` of the threshold are returned too, marked as not
    sure, so that a tracker can continue live tracks.
    """
    session = open_session(name, folders=folders, accept_research=accept_research)
    detector = OnnxFaceDetector(
        session,
        input_px=input_px,
        threshold=threshold,
        doubtful=doubtful,
        second_look=_open_verifier(session, name, folders, accept_research),
    )
    black = np.zeros((input_px * 9 // 16, input_px, 3), np.uint8)
    check_inference(session.card, partial(detector.faces, black))
    return detector


def _open_verifier(
    detector: ModelSession, name: str | Path, folders: Sequence[Path], accept_research: bool
) -> FaceVerifier | None:
    """Open the verification network that the detector's card names, where it names one."""
    wanted = detector.card.second_look
    if wanted is None:
        return None
    near = (name.parent,) if isinstance(name, Path) else ()
    everywhere = (*near, *folders, WEIGHTS)
    session = open_session(wanted, folders=everywhere, accept_research=accept_research)
    look, somewhere = FaceVerifier(session), np.asarray([[8, 8, 24, 24]], np.float32)
    check_inference(
        session.card, partial(look.probabilities, np.zeros((32, 32, 3), np.uint8), somewhere)
    )
    return look
