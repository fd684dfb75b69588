"""Runs a new detector beside the current one on the same frames; only the current one is counted.

Faces that both find, with an intersection over union of 0.5 or more, are in agreement. Neither is
the ground truth, but a detector that disagrees often measures something else and is not adopted.
"""

import logging
import time
from dataclasses import dataclass
from typing import Final

from edge_agent.capture.frame import Image
from edge_agent.perception.boxes import intersection_over_union
from edge_agent.perception.face_detector import Face, FaceDetector
from wire.fleet.jobs import ModelTrial

SAME_FACE_IOU: Final = 0.5  # intersection over union, as PASCAL VOC has it

log = logging.getLogger(__name__)


@dataclass(slots=True)
class DetectionCounts:
    """Counts of faces found by both or one detector. Times are CPU times of this thread."""

    pictures: int = 0
    both: int = 0
    only_old: int = 0
    only_new: int = 0
    faults: int = 0
    old_s: float = 0.0
    new_s: float = 0.0

    @property
    def faces(self) -> int:
        """Faces found by either detector."""
        return self.both + self.only_old + self.only_new

    @property
    def disagreement_ratio(self) -> float:
        """The ratio of faces that only one detector found."""
        return (self.only_old + self.only_new) / self.faces if self.faces else 0.0

    @property
    def time_ratio(self) -> float:
        """CPU time of the new detector relative to the current one."""
        return self.new_s / self.old_s if self.old_s else 1.0

    def as_details(self) -> dict[str, str]:
        """As details of the job's outcome."""
        return {
            "pictures": str(self.pictures),
            "faces": str(self.faces),
            "disagreement": f"{self.disagreement_ratio:.3f}",
            "slower": f"{self.time_ratio:.2f}",
        }


class ComparingDetector:
    """Returns the faces of the current detector, and compares them with the new one's."""

    def __init__(self, old: FaceDetector, new: FaceDetector) -> None:
        self.name, self.version = old.name, old.version
        self.counts = DetectionCounts()
        self._old = old
        self._new = new

    def faces(self, image: Image) -> list[Face]:
        """Faces of the current detector; exceptions of the new one are only counted."""
        started_s = time.thread_time()
        found = self._old.faces(image)
        changed_s = time.thread_time()
        try:
            candidates = self._new.faces(image)
        except Exception as error:  # noqa: BLE001  a candidate must not cost a frame
            log.warning("candidate.failed", extra={"reason": str(error)})
            self.counts.faults += 1
            return found
        self.counts.old_s += changed_s - started_s
        self.counts.new_s += time.thread_time() - changed_s
        self._compare(
            [face for face in found if face.sure], [face for face in candidates if face.sure]
        )
        return found

    def _compare(self, old: list[Face], new: list[Face]) -> None:
        unmatched = list(new)
        for face in old:
            match = max(
                unmatched,
                key=lambda other: intersection_over_union(face.box, other.box),
                default=None,
            )
            if match is not None and intersection_over_union(face.box, match.box) >= SAME_FACE_IOU:
                unmatched.remove(match)
                self.counts.both += 1
            else:
                self.counts.only_old += 1
        self.counts.only_new += len(unmatched)
        self.counts.pictures += 1


def reason_to_reject(counts: DetectionCounts, trial: ModelTrial, *, is_over: bool) -> str | None:
    """Why the new detector is rejected; empty when accepted, None while undecided."""
    if counts.faults:
        return "the new detector raises errors on frames"
    if counts.pictures >= trial.pictures and counts.faces >= trial.faces:
        if counts.disagreement_ratio > trial.disagreement_ratio:
            return (
                f"it disagrees on {counts.disagreement_ratio:.0%} of {counts.faces} faces, "
                f"at most {trial.disagreement_ratio:.0%} are allowed"
            )
        if counts.time_ratio > trial.slower_ratio:
            return f"it takes {counts.time_ratio:.1f} times as long, above {trial.slower_ratio:g}"
        return ""
    if is_over:
        return (
            f"{counts.pictures} frames and {counts.faces} faces in {trial.longest_s:.0f} s are too "
            "few for a decision"
        )
    return None
