"""Tracks faces from picture to picture. All limits are times, never numbers of frames.

Pictures arrive at uneven intervals. A track is confirmed after enough hits over enough time, and
ends after too long without a hit. An unconfirmed track must not be counted. A face that the
detector is not sure of may continue a track, but starts none (ByteTrack, Zhang et al., 2022).
Track ids are small numbers of this process: they are not derived from a person, are never reused
and never leave the device.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from edge_agent.perception.boxes import Box, box_area, intersection_over_union
from edge_agent.settings.perception import TrackingSettings

SMOOTHING_S: Final = 0.3  # smoothing of the velocity: steadier than one step, faster than a turn
REACH_AT_ONCE: Final = 0.6  # in face sizes: largest distance of a face from its prediction
REACH_PER_S: Final = 2.5  # additional distance per second, once the velocity is known
# Before the velocity is known: a pedestrian at 1.8 m/s with a face of 0.16 m, moving sideways.
REACH_UNKNOWN_PER_S: Final = 11.0
LARGEST_SIZE_RATIO: Final = 2.0  # a face does not double in size between two pictures
OVERLAP_WEIGHT: Final = 0.5


@dataclass(slots=True)
class Track:
    """One tracked face. Times are on the monotonic timeline of the camera."""

    id: int
    box: Box
    first_s: float
    last_s: float
    hits: int = 1
    confirmed: bool = False
    velocity_px_s: tuple[float, float] = field(default=(0.0, 0.0))

    def predicted(self, at_s: float) -> Box:
        """The expected box now, at constant velocity."""
        moved_x, moved_y = (speed * (at_s - self.last_s) for speed in self.velocity_px_s)
        x1, y1, x2, y2 = self.box
        return x1 + moved_x, y1 + moved_y, x2 + moved_x, y2 + moved_y

    def hit(self, box: Box, at_s: float, *, sure: bool = True) -> None:
        """Record a matched box; only a sure one counts towards confirmation."""
        passed_s = at_s - self.last_s
        if passed_s > 0:
            share = 1 - math.exp(-passed_s / SMOOTHING_S) if self.hits > 1 else 1.0
            (x, y), (was_x, was_y) = _box_centre(box), _box_centre(self.box)
            speed_x, speed_y = self.velocity_px_s
            self.velocity_px_s = (
                speed_x + share * ((x - was_x) / passed_s - speed_x),
                speed_y + share * ((y - was_y) / passed_s - speed_y),
            )
        self.box, self.last_s, self.hits = box, at_s, self.hits + sure


@dataclass(frozen=True, slots=True)
class TrackUpdate:
    """`seen` holds the track of each box in order, None for an unsure box that matches no track;
    `ended` are the tracks that have ended.
    """

    seen: list[Track | None]
    ended: list[Track]


class Tracker:
    """The live tracks of one camera."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._next_id = 1
        self._tracks: list[Track] = []

    @property
    def live(self) -> int:
        """The number of live tracks, confirmed or not."""
        return len(self._tracks)

    def apply_settings(self, settings: TrackingSettings) -> None:
        """Use these settings from now on; live tracks stay."""
        self._settings = settings

    def expected(self, at_s: float) -> list[Box]:
        """The expected boxes of live tracks that have no match at this time."""
        return [track.predicted(at_s) for track in self._tracks if track.last_s < at_s]

    def update(
        self, boxes: Sequence[Box], at_s: float, *, sure: Sequence[bool] | None = None
    ) -> TrackUpdate:
        """Match the boxes of one picture; without `sure` every box is sure."""
        ended = self.expire(at_s)
        pairs = match_tracks(self._tracks, boxes, at_s)
        certain = sure if sure is not None else [True] * len(boxes)
        seen = [
            self._record(box, at_s, pairs.get(index), is_sure)
            for index, (box, is_sure) in enumerate(zip(boxes, certain, strict=True))
        ]
        return TrackUpdate(seen, ended)

    def _record(self, box: Box, at_s: float, track: Track | None, sure: bool) -> Track | None:
        if track is not None:
            track.hit(box, at_s, sure=sure)
        elif sure:
            track = self._begin(box, at_s)
        else:
            return None
        track.confirmed = track.confirmed or self._may_be_confirmed(track)
        return track

    def expire(self, at_s: float) -> list[Track]:
        """End the tracks without a hit for too long, and those that were not confirmed in time."""
        ended = [track for track in self._tracks if self._is_over(track, at_s)]
        self._tracks = [track for track in self._tracks if not self._is_over(track, at_s)]
        return ended

    def end_all(self) -> list[Track]:
        """End every track: the source has ended."""
        ended, self._tracks = self._tracks, []
        return ended

    def _begin(self, box: Box, at_s: float) -> Track:
        track = Track(self._next_id, box, at_s, at_s)
        self._next_id += 1
        self._tracks.append(track)
        return track

    def _may_be_confirmed(self, track: Track) -> bool:
        return (
            track.hits >= self._settings.confirm_hits
            and track.last_s - track.first_s >= self._settings.confirm_s - 1e-6
        )

    def _is_over(self, track: Track, at_s: float) -> bool:
        if at_s - track.last_s > self._settings.lost_after_s:
            return True
        return not track.confirmed and at_s - track.first_s > self._settings.confirm_within_s


def match_tracks(tracks: Sequence[Track], boxes: Sequence[Box], at_s: float) -> dict[int, Track]:
    """The track of each matched box index; the pairs with the lowest cost are matched first.

    Confirmed tracks are matched before unconfirmed ones, so that a false detection cannot take
    the box of a person.
    """
    candidates = [
        (not track.confirmed, cost, position, index)
        for position, track in enumerate(tracks)
        for index, box in enumerate(boxes)
        if (cost := _match_cost(track, box, at_s)) is not None
    ]
    pairs: dict[int, Track] = {}
    taken: set[int] = set()
    for _, _, position, index in sorted(candidates):
        if position not in taken and index not in pairs:
            taken.add(position)
            pairs[index] = tracks[position]
    return pairs


def _match_cost(track: Track, box: Box, at_s: float) -> float | None:
    """The matching cost, lower is better; None when this cannot be the same face."""
    expected = track.predicted(at_s)
    size, other = math.sqrt(box_area(expected)), math.sqrt(box_area(box))
    if not size or not other or max(size, other) / min(size, other) > LARGEST_SIZE_RATIO:
        return None
    reach_per_s = REACH_PER_S if track.hits > 1 else REACH_UNKNOWN_PER_S
    reach = REACH_AT_ONCE + reach_per_s * (at_s - track.last_s)
    distance = math.dist(_box_centre(expected), _box_centre(box)) / ((size + other) / 2)
    overlap = intersection_over_union(expected, box)
    if distance > reach and not overlap:
        return None
    return distance / reach - OVERLAP_WEIGHT * overlap + abs(math.log(size / other))


def _box_centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
