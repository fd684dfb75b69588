"""Where a head points, measured from its crop, and how sure that measure is.

Angles are degrees relative to the line from the face to the camera. Yaw is positive when the
face turns towards the right of the picture, pitch is positive upwards, roll is positive
clockwise as seen. The model measures here; what counts as looking is judged in `attention`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge_agent.detect import Face
from edge_agent.frame import Image
from edge_agent.inference import WEIGHTS, ModelError, Session, as_bgr, crop, open_session

# each face is looked at three times, once in a mirror: share of the card's margin, mirrored
LOOKS = ((0.92, False), (1.0, True), (1.08, False))
# a network says at most this much about its own doubt, degrees
LEAST_SIGMA_DEG, MOST_SIGMA_DEG = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Degrees; `sigma_deg` is one standard deviation of yaw and of pitch."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    sigma_deg: float


class PoseEstimator(Protocol):
    """Anything that measures head pose. `name` and `version` go into the health report."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    def poses(self, image: Image, faces: Sequence[Face]) -> list[HeadPose]: ...


class OnnxPoseEstimator:
    """Head pose by a crop network, every face of a frame in one run."""

    def __init__(self, session: Session) -> None:
        card = session.card
        if card.task != "head-pose" or card.layout != "onlooker-pose":
            raise ModelError(
                f"found {card.name} for {card.task} with layout {card.layout!r}, wanted a head "
                "pose network with layout 'onlooker-pose'; name another model"
            )
        self.name, self.version = card.name, card.version
        self._session, self._input = session, card.inputs[0].name
        self._side_px = int(card.inputs[0].shape[2])
        self._known = card.calibration
        self._margin = self._known["crop_margin"]

    def poses(self, image: Image, faces: Sequence[Face]) -> list[HeadPose]:
        """Measure every face on crops of the picture at its native resolution."""
        if not faces:
            return []
        bgr = as_bgr(image)
        crops = [self._look(bgr, face, *look) for face in faces for look in LOOKS]
        planes = np.ascontiguousarray(np.stack(crops).transpose(0, 3, 1, 2), np.float32)
        (rows,) = self._session.run({self._input: planes})
        looks = rows.astype(np.float64).reshape(len(faces), len(LOOKS), -1)
        return [self._calibrated(face) for face in looks]

    def _look(self, image: Image, face: Face, share: float, mirror: bool) -> Image:
        cut = crop(image, face.box, self._margin * share, self._side_px)
        return cut[:, ::-1] if mirror else cut

    def _calibrated(self, looks: NDArray[np.float64]) -> HeadPose:
        """Average the looks, apply the card's scale and zero; doubt grows where looks differ."""
        known = self._known
        signs = np.asarray([-1.0 if mirror else 1.0 for _, mirror in LOOKS])
        yaws, pitches, rolls = looks[:, 0] * signs, looks[:, 1], looks[:, 2] * signs
        told = np.exp(2 * np.clip(looks[:, 3:5], -2.0, 5.0)).mean()
        seen = (yaws.var() + pitches.var()) / 2
        sigma = float(np.sqrt(told + seen)) * known.get("sigma_scale", 1.0)
        return HeadPose(
            yaw_deg=float(yaws.mean() - known.get("yaw_zero", 0.0)) * known.get("yaw_scale", 1.0),
            pitch_deg=float(pitches.mean() - known.get("pitch_zero", 0.0))
            * known.get("pitch_scale", 1.0),
            roll_deg=float(rolls.mean()),
            sigma_deg=min(MOST_SIGMA_DEG, max(LEAST_SIGMA_DEG, sigma)),
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
    estimator.poses(np.zeros((64, 64, 3), np.uint8), [empty])
    return estimator
