"""Selects one picture per period for analysis: the snapshot.

A period has a few parts, each with one candidate, chosen by motion and sharpness, which are cheap
to compute. At the end of the period the detector analyses the candidates, and the one with the most
faces is the snapshot. It is an observation: it gives no visit or dwell time, and a picture selected
for its faces is not an average.
"""

from typing import Final, NamedTuple

from edge_agent.capture.frame import Frame

PARTS: Final = 3  # detector runs per snapshot, instead of five a second
MOVEMENT_WEIGHT: Final = (
    20.0  # motion in a twentieth of the picture counts like twice the sharpness
)


class SnapshotCandidate(NamedTuple):
    """A candidate picture. `movement` is the fraction of it that differs."""

    frame: Frame
    movement: float
    sharpness: float

    @property
    def score(self) -> float:
        return self.sharpness * (1 + MOVEMENT_WEIGHT * self.movement)


class SnapshotCandidates:
    """The best picture of each part of the current period; periods are aligned to UTC."""

    def __init__(self) -> None:
        self._period = 0
        self._best: dict[int, SnapshotCandidate] = {}

    def offer(self, candidate: SnapshotCandidate, every_s: int) -> list[SnapshotCandidate]:
        """Add a picture; returns the candidates of the previous period when a new one begins."""
        at_s = candidate.frame.captured_at.timestamp()
        period, ended = int(at_s // every_s), []
        if period != self._period:
            ended = list(self._best.values())
            self._period, self._best = period, {}
        part = int(at_s % every_s * PARTS / every_s)
        if part not in self._best or candidate.score > self._best[part].score:
            self._best[part] = candidate
        return ended

    def discard(self) -> None:
        """Discard every picture."""
        self._best.clear()
