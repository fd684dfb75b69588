"""Measures where a head points, and the uncertainty of that measurement, from its crop.

Angles are degrees relative to the line from the face to the camera. Yaw is positive when the
face turns towards the right of the picture, pitch is positive upwards, roll is positive
clockwise as seen. What counts as looking is decided in `attention`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Image
from edge_agent.perception.face_detector import Face
from edge_agent.perception.image_crops import as_bgr, crop
from edge_agent.perception.inference import Floats, ModelSession, check_inference, open_session
from edge_agent.perception.model_cards import WEIGHTS, input_side_px, required_number
from edge_agent.perception.model_errors import ModelError

# each face is measured on three crops: share of the card's margin, mirrored
TEST_TIME_CROPS = ((0.92, False), (1.0, True), (1.08, False))
# bounds of the uncertainty that a network states, degrees
MIN_SIGMA_DEG, MAX_SIGMA_DEG = 1.0, 60.0
GIMBAL_LOCK = 1e-6
IMAGENET_MEAN = np.asarray([0.485, 0.456, 0.406], np.float32).reshape(1, 3, 1, 1)
IMAGENET_SIGMA = np.asarray([0.229, 0.224, 0.225], np.float32).reshape(1, 3, 1, 1)


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Degrees; `sigma_deg` is one standard deviation of yaw and of pitch."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    sigma_deg: float


class PoseEstimator(Protocol):
    """A head pose estimator. `name` and `version` are part of every report."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    def poses(self, image: Image, faces: Sequence[Face]) -> list[HeadPose]: ...


Angles = NDArray[np.float64]
CardNumbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PoseLayout:
    """How the outputs of a network are decoded: into (n, 5) yaw, pitch, roll and the logarithms of
    the standard deviations of yaw and pitch; its input where that is not BGR 0 to 255; the crops
    of a face that it runs on, and whether one run takes several.
    """

    read: Callable[[Floats, CardNumbers], Angles]
    prepared: Callable[[Floats], Floats] | None = None
    looks: tuple[tuple[float, bool], ...] = TEST_TIME_CROPS
    together: bool = True


def read_onlooker(rows: Floats, numbers: CardNumbers) -> Angles:
    """Read rows that begin with the five values."""
    return rows[:, :5].astype(np.float64)


def read_rotations(matrices: Floats, numbers: CardNumbers) -> Angles:
    """Read (n, 3, 3) rotations of a head that turns in pitch, then yaw, then roll, as 6DRepNet
    gives them (Hempel et al., 2022): its yaw is positive to the left of the picture.

    At a yaw of 90 degrees pitch and roll are the same rotation, all of which is given as pitch.
    Such a network states no uncertainty; the `sigma_deg` of the card takes its place.
    """
    turns = matrices.reshape(-1, 3, 3).astype(np.float64)
    level = np.hypot(turns[:, 0, 0], turns[:, 1, 0])
    locked = level < GIMBAL_LOCK
    pitch = np.where(
        locked,
        np.arctan2(-turns[:, 1, 2], turns[:, 1, 1]),
        np.arctan2(turns[:, 2, 1], turns[:, 2, 2]),
    )
    yaw = np.arctan2(turns[:, 2, 0], level)
    roll = np.where(locked, 0.0, np.arctan2(turns[:, 1, 0], turns[:, 0, 0]))
    log_sigma = np.full((len(turns), 2), np.log(numbers["sigma_deg"]))
    return np.concatenate([np.degrees(np.stack([yaw, pitch, roll], axis=1)), log_sigma], axis=1)


def normalize_imagenet(planes: Floats) -> Floats:
    """Turn BGR planes of 0 to 255 into RGB planes around ImageNet's mean, in its deviations."""
    return np.ascontiguousarray((planes[:, ::-1] / 255 - IMAGENET_MEAN) / IMAGENET_SIGMA)


LAYOUTS: dict[str, PoseLayout] = {
    "onlooker-pose": PoseLayout(read_onlooker),
    "rotation-matrix": PoseLayout(
        read_rotations, normalize_imagenet, looks=((1.0, False),), together=False
    ),
}


class OnnxPoseEstimator:
    """Head pose by a crop network."""

    def __init__(self, session: ModelSession) -> None:
        card = session.card
        if card.task != "head-pose" or card.layout not in LAYOUTS:
            raise ModelError(
                f"found {card.name} for {card.task} with layout {card.layout!r}, expected a head "
                f"pose network with one of {sorted(LAYOUTS)}; name another model"
            )
        self.name, self.version = card.name, card.version
        self._layout, self._numbers = LAYOUTS[card.layout], card.calibration
        self._side_px, self._margin = input_side_px(card), required_number(card, "crop_margin")
        self._session, self._input = session, card.inputs[0].name

    def poses(self, image: Image, faces: Sequence[Face]) -> list[HeadPose]:
        """Measure every face on crops of the picture at its native resolution."""
        if not faces:
            return []
        bgr, looks = as_bgr(image), self._layout.looks
        crops = [self._crop(bgr, face, *look) for face in faces for look in looks]
        planes = np.ascontiguousarray(np.stack(crops).transpose(0, 3, 1, 2), np.float32)
        rows = self._layout.read(self._answers(planes), self._numbers)
        return [self._calibrated(face) for face in rows.reshape(len(faces), len(looks), -1)]

    def _answers(self, planes: Floats) -> Floats:
        wanted = self._layout.prepared(planes) if self._layout.prepared else planes
        parts = [wanted] if self._layout.together else np.split(wanted, len(wanted))
        return np.concatenate([self._session.run({self._input: part})[0] for part in parts])

    def _crop(self, image: Image, face: Face, share: float, mirror: bool) -> Image:
        cut = crop(image, face.box, self._margin * share, self._side_px)
        return cut[:, ::-1] if mirror else cut

    def _calibrated(self, looks: Angles) -> HeadPose:
        """Average the crops and apply the card's scale and zero; sigma includes their variance."""
        numbers = self._numbers
        signs = np.asarray([-1.0 if mirror else 1.0 for _, mirror in self._layout.looks])
        yaws, pitches, rolls = looks[:, 0] * signs, looks[:, 1], looks[:, 2] * signs
        variance = np.exp(2 * np.clip(looks[:, 3:5], -2.0, 5.0)).mean()
        spread = (yaws.var() + pitches.var()) / 2
        sigma = float(np.sqrt(variance + spread)) * numbers.get("sigma_scale", 1.0)
        return HeadPose(
            yaw_deg=float(yaws.mean() - numbers.get("yaw_zero", 0.0))
            * numbers.get("yaw_scale", 1.0),
            pitch_deg=float(pitches.mean() - numbers.get("pitch_zero", 0.0))
            * numbers.get("pitch_scale", 1.0),
            roll_deg=float(rolls.mean()),
            sigma_deg=min(MAX_SIGMA_DEG, max(MIN_SIGMA_DEG, sigma)),
        )


def load_pose(
    name: str | Path = "onlooker-attention",
    *,
    folders: Sequence[Path] = (WEIGHTS,),
    accept_research: bool = False,
) -> PoseEstimator:
    """Open a pose network by name or card and run it once, so that the first face is not slow."""
    session = open_session(name, folders=folders, accept_research=accept_research)
    estimator = OnnxPoseEstimator(session)
    empty = Face((0.0, 0.0, 32.0, 32.0), 1.0, np.zeros((5, 2), np.float32))
    check_inference(session.card, lambda: estimator.poses(np.zeros((64, 64, 3), np.uint8), [empty]))
    return estimator
