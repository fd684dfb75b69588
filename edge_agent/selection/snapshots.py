"""One picture instead of a stream of them: the best of each stretch of time.

Each stretch has a few parts, and each part one candidate, chosen by movement and sharpness, which
cost next to nothing. At the stretch's end the detector looks at the candidates, and the one with
the most faces is the snapshot. What it shows is an observation: nobody knows who stayed or for how
long, and a picture that was chosen for its people is no average.
"""

from typing import Final, NamedTuple

from edge_agent.capture.frame import Frame

PARTS: Final = 3  # detector runs per snapshot, instead of five a second
MOVEMENT_WEIGHT: Final = 20.0  # a twentieth of the picture in movement counts as twice as sharp


class SnapshotCandidate(NamedTuple):
    """A picture that may become the snapshot. `movement` is the share of it that differs."""

    frame: Frame
    movement: float
    sharpness: float

    @property
    def score(self) -> float:
        return self.sharpness * (1 + MOVEMENT_WEIGHT * self.movement)


class SnapshotCandidates:
    """The best picture of each part of the running stretch; stretches lie on the UTC grid."""

    def __init__(self) -> None:
        self._stretch = 0
        self._best: dict[int, SnapshotCandidate] = {}

    def offer(self, candidate: SnapshotCandidate, every_s: int) -> list[SnapshotCandidate]:
        """Take a picture; the candidates of the stretch before, when this one begins another."""
        at_s = candidate.frame.captured_at.timestamp()
        stretch, ended = int(at_s // every_s), []
        if stretch != self._stretch:
            ended = list(self._best.values())
            self._stretch, self._best = stretch, {}
        part = int(at_s % every_s * PARTS / every_s)
        if part not in self._best or candidate.score > self._best[part].score:
            self._best[part] = candidate
        return ended

    def forget(self) -> None:
        """Let go of every picture."""
        self._best.clear()
