"""What one frame, or its absence, shows: the input of the meter."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypedDict

from edge_agent.perception.demographics import Description
from edge_agent.perception.sightings import Sighting, Snapshot, View
from edge_agent.perception.tracker import Box


class Departed(TypedDict):
    """Tracks that are gone for good, and those of them whose picture was looked at."""

    ended: Sequence[int]
    described: Mapping[int, Description]


NOBODY: Final[Mapping[int, Description]] = {}


class Observation(NamedTuple):
    """One moment in the meter's words. `ended` are the tracks that are gone for good, `described`
    those of them whose picture was looked at.

    `heads` are boxes of all faces found, doubtful ones too, and of where those are expected that
    were missed; None when nobody looked.
    """

    view: View
    analysed: int = 0
    seen: Sequence[Sighting] = ()
    ended: Sequence[int] = ()
    wakes: bool = False
    heads: Sequence[Box] | None = None
    described: Mapping[int, Description] = NOBODY
    snapshot: Snapshot | None = None
