"""What the meter counts: people in one frame, a snapshot, and whether the camera could see."""

from typing import NamedTuple

from edge_agent.perception.attention import Attention
from wire.audience import BlindCause


class Sighting(NamedTuple):
    """One track in one picture. `looking_ratio` is the probability behind `attention`."""

    track: int
    confirmed: bool
    attention: Attention
    zones: tuple[str, ...] = ()
    looking_ratio: float = 0.5


class SnapshotCounts(NamedTuple):
    """The faces of a single picture: observations, not visits."""

    at_s: float
    people: int
    facing: int
    looking: int


class Visibility(NamedTuple):
    """Whether the camera could see, or the cause why not; with neither, the state is unknown."""

    observed: bool
    cause: BlindCause | None = None
