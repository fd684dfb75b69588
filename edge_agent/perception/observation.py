"""What one frame, or its absence, shows: the input of the meter."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypedDict

from edge_agent.perception.demographics import Demographics
from edge_agent.perception.sightings import Sighting, SnapshotCounts, Visibility
from edge_agent.perception.tracker import Box


class EndedTracks(TypedDict):
    """Tracks that are gone for good, and those of them whose picture was looked at."""

    ended: Sequence[int]
    demographics: Mapping[int, Demographics]


NO_DEMOGRAPHICS: Final[Mapping[int, Demographics]] = {}


class Observation(NamedTuple):
    """One moment in the meter's words. `ended` are the tracks that are gone for good, `described`
    those of them whose picture was looked at.

    `heads` are boxes of all faces found, doubtful ones too, and of where those are expected that
    were missed; None when nobody looked.
    """

    view: Visibility
    analysed: int = 0
    seen: Sequence[Sighting] = ()
    ended: Sequence[int] = ()
    wakes: bool = False
    heads: Sequence[Box] | None = None
    demographics: Mapping[int, Demographics] = NO_DEMOGRAPHICS
    snapshot: SnapshotCounts | None = None
