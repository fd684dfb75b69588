"""Estimates age group, gender and expression, once per person, from the best picture of a track.

Disabled by default. A network whose training data is licensed for research only is opened only
where that licence is accepted. One small crop per track stays in memory until the track ends; it
is classified once and discarded. The result is "unknown" where the network is not sure enough or
no picture was good enough. A label describes appearance as annotators saw it, not identity.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from edge_agent.capture.frame import Image
from edge_agent.perception.boxes import Box
from edge_agent.perception.face_sharpness import face_sharpness
from edge_agent.perception.head_pose import HeadPose
from edge_agent.perception.image_crops import as_bgr, crop
from edge_agent.perception.inference import Floats, ModelSession, check_inference, open_session
from edge_agent.perception.model_cards import WEIGHTS, input_side_px
from edge_agent.perception.model_errors import ModelError
from edge_agent.settings.camera_settings import Settings
from wire.audience import AgeGroup, Expression, Gender

log = logging.getLogger(__name__)

# The classes of layout "onlooker-classes", in the order of the network's outputs. The wire format
# may define further groups, which a network does not estimate until it has been trained for them.
AGES: Final = (
    AgeGroup.UNDER_13,
    AgeGroup.FROM_13,
    AgeGroup.FROM_18,
    AgeGroup.FROM_25,
    AgeGroup.FROM_35,
    AgeGroup.FROM_45,
    AgeGroup.FROM_55,
)
GENDERS: Final = (Gender.FEMALE, Gender.MALE)
EXPRESSIONS: Final = tuple(one for one in Expression if one is not Expression.UNKNOWN)
LABELS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "demographics": (("age_group", len(AGES)), ("gender", len(GENDERS))),
    "emotion": (("expression", len(EXPRESSIONS)),),
}
ORDERED: Final = frozenset({"age_group"})
MIN_SHARPNESS_WEIGHT: Final = (
    0.1  # sharp faces have about 0.4; among blurred faces the size decides
)
MIN_FACE_PX: Final = 32.0  # below this the estimates are not reliable
MAX_HEAD_ANGLE_DEG: Final = 40.0


class Demographics(NamedTuple):
    """The estimates for one person."""

    age: AgeGroup = AgeGroup.UNKNOWN
    gender: Gender = Gender.UNKNOWN
    expression: Expression = Expression.UNKNOWN


class FaceClassifier:
    """One classification network; it answers only where it is sure."""

    def __init__(self, session: ModelSession, task: str) -> None:
        card = session.card
        wanted = sum(count for _, count in LABELS[task])
        if card.task != task or card.layout != "onlooker-classes":
            raise ModelError(
                f"found {card.name} for {card.task} with layout {card.layout!r}, expected one for "
                f"{task} with layout 'onlooker-classes'; name another model"
            )
        if card.outputs[0].shape[-1] != wanted:
            raise ModelError(
                f"found {card.name} with {card.outputs[0].shape[-1]} classes, expected {wanted}; "
                "name another model"
            )
        self.name, self.margin = card.name, card.calibration.get("crop_margin", 1.0)
        self.side_px = input_side_px(card)
        self._session, self._labels, self._input = session, LABELS[task], card.inputs[0].name
        self._least = card.thresholds.get("unknown_below", 0.6)

    def classify(self, face: Image) -> list[int | None]:
        """The class of each label, None where the network is not sure; `face` is a crop.

        The network runs on the crop and on its mirror image.
        """
        both = np.stack([face, face[:, ::-1]]).transpose(0, 3, 1, 2)
        rows = self._session.run({self._input: np.ascontiguousarray(both, np.float32)})[0]
        start, found = 0, []
        for name, count in self._labels:
            shares = self._shares(name, rows[:, start : start + count])
            found.append(choose_class(name, shares, self._least))
            start += count
        return found

    def _shares(self, label: str, rows: Floats) -> Floats:
        scaled = rows / self._session.card.calibration.get(f"{label}_temperature", 1.0)
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray((powers / powers.sum(axis=1, keepdims=True)).mean(axis=0), np.float32)


def choose_class(label: str, shares: Floats, least: float) -> int | None:
    """The class for the probabilities `shares` (c,); None below the support `least`.

    For ordered classes it is the median, which has the smallest mean error, and the neighbouring
    classes count as support. For others it is the most probable class.
    """
    if label not in ORDERED:
        best = int(shares.argmax())
        return best if shares[best] >= least else None
    best = int((np.cumsum(shares) >= shares.sum() / 2).argmax())
    return best if shares[max(0, best - 1) : best + 2].sum() >= least else None


class FaceCrops(NamedTuple):
    """The best picture of one person so far: one crop for each network."""

    worth: float
    crops: Sequence[Image]


class DemographicsEstimator:
    """Keeps the best crops of every track and classifies them once."""

    def __init__(self, demographics: FaceClassifier | None, emotion: FaceClassifier | None) -> None:
        self._demographics, self._emotion = demographics, emotion
        self._networks = [one for one in (demographics, emotion) if one is not None]
        self._shots: dict[int, FaceCrops] = {}

    def offer(self, track: int, image: Image, box: Box, head: HeadPose) -> None:
        """Keep this picture of a track if it is larger, more frontal or sharper."""
        height = box[3] - box[1]
        turned = max(abs(head.yaw_deg), abs(head.pitch_deg))
        if height < MIN_FACE_PX or not turned <= MAX_HEAD_ANGLE_DEG:
            return
        straight = float(np.cos(np.deg2rad(turned)) ** 2)
        bgr = as_bgr(image)
        sharp = MIN_SHARPNESS_WEIGHT + math.sqrt(face_sharpness(bgr, box))
        worth = min(height, 128.0) * straight * sharp
        before = self._shots.get(track)
        if before is None or worth > before.worth:
            crops = [crop(bgr, box, one.margin, one.side_px) for one in self._networks]
            self._shots[track] = FaceCrops(worth, crops)

    def estimate(self, track: int) -> Demographics:
        """The estimates for a track that has ended; its picture is discarded."""
        shot = self._shots.pop(track, None)
        if shot is None:
            return Demographics()
        crops = dict(zip(self._networks, shot.crops, strict=True))
        result = Demographics()
        if self._demographics is not None:
            age, gender = self._demographics.classify(crops[self._demographics])
            result = result._replace(
                age=AgeGroup.UNKNOWN if age is None else AGES[age],
                gender=Gender.UNKNOWN if gender is None else GENDERS[gender],
            )
        if self._emotion is not None:
            (expression,) = self._emotion.classify(crops[self._emotion])
            if expression is not None:
                result = result._replace(expression=EXPRESSIONS[expression])
        return result

    def discard(self, track: int) -> None:
        """Discard the picture of a track without classifying it."""
        self._shots.pop(track, None)


def demographics_estimator_for(settings: Settings) -> DemographicsEstimator | None:
    """The estimator of these settings, None where demographics are off; raises ModelError."""
    privacy, models = settings.privacy, settings.models
    wanted = {
        "demographics": models.demographics if privacy.demographics else None,
        "emotion": models.emotion if privacy.emotion else None,
    }
    if not any(wanted.values()):
        return None
    opened = {
        task: _open_classifier(task, name, models.folders, privacy.accept_research_licence)
        for task, name in wanted.items()
        if name is not None
    }
    return DemographicsEstimator(opened.get("demographics"), opened.get("emotion"))


@lru_cache(maxsize=8)
def _open_classifier(
    task: str, name: str, folders: tuple[str, ...], accept_research: bool
) -> FaceClassifier:
    places = (WEIGHTS, *map(Path, folders))
    session = open_session(name, folders=places, accept_research=accept_research)
    log.warning(
        "demographics.on", extra={"task": task, "model": name, "licence": session.card.licence}
    )
    network = FaceClassifier(session, task)
    black = np.zeros((network.side_px, network.side_px, 3), np.uint8)
    check_inference(session.card, lambda: network.classify(black))
    return network
