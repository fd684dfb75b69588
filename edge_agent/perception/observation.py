"""What one frame, or its absence, shows: the input of the meter."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypedDict

from edge_agent.perception.boxes import Box
from edge_agent.perception.demographics import Demographics
from edge_agent.perception.sightings import Sighting, SnapshotCounts, Visibility


class EndedTracks(TypedDict):
    """The tracks that have ended, and the demographics of those that were classified."""

    ended: Sequence[int]
    demographics: Mapping[int, Demographics]


NO_DEMOGRAPHICS: Final[Mapping[int, Demographics]] = {}


class Observation(NamedTuple):
    """One frame or gap, the input of the meter. `demographics` are those of some `ended` tracks.

    `heads` are the boxes of all detected faces, unsure ones too, and the expected boxes of tracks
    without a match; None when the detector did not run. With `opens_gate` the motion gate has
    opened, and a camera at rest sends every frame again.
    """

    view: Visibility
    analysed: int = 0
    seen: Sequence[Sighting] = ()
    ended: Sequence[int] = ()
    opens_gate: bool = False
    heads: Sequence[Box] | None = None
    demographics: Mapping[int, Demographics] = NO_DEMOGRAPHICS
    snapshot: SnapshotCounts | None = None
