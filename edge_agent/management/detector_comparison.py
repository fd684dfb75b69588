"""A new detector beside the old on the same pictures: only the old one's faces are counted.

What both find, overlapping by half or more, they agree on. Neither is the truth: a better detector
disagrees too, but one that disagrees much is another measurement and is not taken unseen.
"""

import logging
import time
from dataclasses import dataclass
from typing import Final

from edge_agent.capture.frame import Image
from edge_agent.perception.face_detector import Face, FaceDetector
from edge_agent.perception.tracker import intersection_over_union
from wire.jobs import ModelTrial

SAME_FACE_IOU: Final = 0.5  # intersection over union, as PASCAL VOC has it

log = logging.getLogger(__name__)


@dataclass(slots=True)
class DetectionCounts:
    """What the two have found so far. Times are of this thread's processor."""

    pictures: int = 0
    both: int = 0
    only_old: int = 0
    only_new: int = 0
    faults: int = 0
    old_s: float = 0.0
    new_s: float = 0.0

    @property
    def faces(self) -> int:
        """All that either has found."""
        return self.both + self.only_old + self.only_new

    @property
    def disagreement_ratio(self) -> float:
        """The share of faces that only one of them found."""
        return (self.only_old + self.only_new) / self.faces if self.faces else 0.0

    @property
    def time_ratio(self) -> float:
        """How many times as long the new one takes."""
        return self.new_s / self.old_s if self.old_s else 1.0

    def as_details(self) -> dict[str, str]:
        """For the job's details."""
        return {
            "pictures": str(self.pictures),
            "faces": str(self.faces),
            "disagreement": f"{self.disagreement_ratio:.3f}",
            "slower": f"{self.time_ratio:.2f}",
        }


class ComparingDetector:
    """A detector that is the old one to everybody, and has the new one look too."""

    def __init__(self, old: FaceDetector, new: FaceDetector) -> None:
        self.name, self.version = old.name, old.version
        self.tally = DetectionCounts()
        self._old = old
        self._new = new

    def faces(self, image: Image) -> list[Face]:
        """The old one's; a fault of the new one is counted and disturbs nobody."""
        began_s = time.thread_time()
        found = self._old.faces(image)
        between_s = time.thread_time()
        try:
            others = self._new.faces(image)
        except Exception as error:  # noqa: BLE001  a candidate's fault must not cost a picture
            log.warning("candidate.failed", extra={"reason": str(error)})
            self.tally.faults += 1
            return found
        self.tally.old_s += between_s - began_s
        self.tally.new_s += time.thread_time() - between_s
        self._compare([face for face in found if face.sure], [face for face in others if face.sure])
        return found

    def _compare(self, old: list[Face], new: list[Face]) -> None:
        left = list(new)
        for face in old:
            twin = max(
                left, key=lambda other: intersection_over_union(face.box, other.box), default=None
            )
            if twin is not None and intersection_over_union(face.box, twin.box) >= SAME_FACE_IOU:
                left.remove(twin)
                self.tally.both += 1
            else:
                self.tally.only_old += 1
        self.tally.only_new += len(left)
        self.tally.pictures += 1


def reason_to_reject(tally: DetectionCounts, trial: ModelTrial, *, is_over: bool) -> str | None:
    """Why the new one may not take over, empty when it may, None while more must be seen."""
    if tally.faults:
        return "it fails on the pictures"
    if tally.pictures >= trial.pictures and tally.faces >= trial.faces:
        if tally.disagreement_ratio > trial.disagreement_ratio:
            return (
                f"it disagrees on {tally.disagreement_ratio:.0%} of {tally.faces} faces, "
                f"at most {trial.disagreement_ratio:.0%} are allowed"
            )
        if tally.time_ratio > trial.slower_ratio:
            return (
                f"it takes {tally.time_ratio:.1f} times as long, {trial.slower_ratio:g} are allowed"
            )
        return ""
    if is_over:
        return (
            f"{tally.pictures} pictures and {tally.faces} faces in {trial.longest_s:.0f} s are too "
            "few to say anything"
        )
    return None
