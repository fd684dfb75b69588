"""What the meter counts: people in one frame, a snapshot, and whether the camera could see."""

from typing import NamedTuple

from edge_agent.perception.attention import Attention
from wire.audience import BlindCause


class Sighting(NamedTuple):
    """One track in one picture. `looking_ratio` is the probability behind the verdict."""

    track: int
    confirmed: bool
    attention: Attention
    zones: tuple[str, ...] = ()
    looking_ratio: float = 0.5


class SnapshotCounts(NamedTuple):
    """A single picture and the faces in it: observations, not stays."""

    at_s: float
    people: int
    facing: int
    looking: int


class Visibility(NamedTuple):
    """What one picture (or its absence) says about seeing. Neither field: nothing is known."""

    observed: bool
    cause: BlindCause | None = None
