"""Runs the agent's perception over a video and collects its visits.

`edge_agent.perception.pipeline` processes the file at the agent's rate, as it does with a camera.
The visits can then be compared with those that a person has counted.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge_agent.capture.camera import CaptureError
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame
from edge_agent.metering.visit import Visit, VisitSpan
from edge_agent.perception.attention import Attention, attention_band
from edge_agent.perception.networks import open_networks
from edge_agent.perception.pipeline import FramePipeline
from edge_agent.settings.camera_settings import Settings
from models.evaluate.errors import EvaluationError

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
Sighting = tuple[float, Any]
"""Seconds of the video, and a tracked face of the pipeline."""


class VideoError(EvaluationError):
    """A video that cannot be opened or decoded."""


@dataclass(slots=True)
class ReplayedVisit:
    """One confirmed track: its time in seconds of the video, and the agent's visit."""

    first_s: float
    last_s: float
    visit: Visit

    @property
    def dwell_s(self) -> float:
        return self.last_s - self.first_s


@dataclass(slots=True)
class ReplayResult:
    """The visits of a video and their seconds by attention and by band."""

    seconds: float = 0.0
    pictures: int = 0
    analysed: int = 0
    visits: list[ReplayedVisit] = field(default_factory=list)
    attention_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    band_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


def replay_video(video: Path, settings: Settings) -> ReplayResult:
    """Run the agent's perception over a video; raises `VideoError`."""
    if not video.is_file():
        raise VideoError(f"found no video at {video}, expected a video file or an animated GIF")
    pipeline = FramePipeline(settings, *open_networks(settings))
    result, tracks = ReplayResult(), defaultdict[int, list[Sighting]](list)
    confirmed: set[int] = set()
    try:
        for frame in _frames(video, settings):
            found = pipeline.process(frame)
            result.pictures, result.analysed = result.pictures + 1, result.analysed + found.analysed
            result.seconds = frame.elapsed_s
            for face in found.seen:
                tracks[face.track].append((frame.elapsed_s, face))
                if face.confirmed:
                    confirmed.add(face.track)
    except CaptureError as error:
        raise VideoError(str(error)) from error
    for track in sorted(confirmed):
        add_visit(result, tracks[track], settings)
    return result


def _frames(video: Path, settings: Settings) -> Iterator[Frame]:
    camera = open_camera(str(video), settings.capture, speed=math.inf, starts_at=EPOCH)
    try:
        for moment in camera:
            if isinstance(moment, Frame):
                yield moment
    finally:
        camera.close()


def add_visit(result: ReplayResult, track: Sequence[Sighting], settings: Settings) -> None:
    """Add a confirmed track: its visit, and its seconds by attention and by band.

    The time between two sightings counts with the attention of the first of them, and at most with
    `longest_gap_s`.
    """
    (first_s, first), *rest = track
    begins = round(first_s * 1000)
    visit = Visit(first.track, begins, begins, first.attention)
    visit.record_attention(first.attention)
    longest_s = settings.tracking.longest_gap_s
    before_s, before = first_s, first
    for at_s, face in rest:
        spent_s = min(at_s - before_s, longest_s)
        last_ms = round((before_s + spent_s) * 1000)
        span = VisitSpan(round(before_s * 1000), last_ms, before.attention)
        visit.extend(span, face.attention, settings.attention)
        result.attention_s[str(before.attention)] += spent_s
        result.band_s[str(attention_band(before.looking_ratio))] += spent_s
        before_s, before = at_s, face
    result.visits.append(ReplayedVisit(first_s, before_s, visit))


def summarize_audience(result: ReplayResult) -> dict[str, Any]:
    """Return the audience of the video as a report counts it, seconds rounded."""
    tiers = result.attention_s
    looking_s = tiers[str(Attention.LOOKING)]
    return {
        "seconds": round(result.seconds, 2),
        "pictures_analysed": result.analysed,
        "visits": len(result.visits),
        "onlookers": sum(one.visit.engaged for one in result.visits),
        "opportunity_s": round(sum(tiers.values()), 2),
        "facing_s": round(looking_s + tiers[str(Attention.FACING)], 2),
        "attentive_s": round(looking_s, 2),
        "unsure_s": round(tiers[str(Attention.UNSURE)], 2),
        "by_band_s": {name: round(result.band_s[name], 2) for name in ("high", "medium", "low")},
        "stays": [
            {
                "from_s": round(one.first_s, 2),
                "to_s": round(one.last_s, 2),
                "attentive_s": round(one.visit.looking_ms / 1000, 2),
                "engaged": one.visit.engaged,
            }
            for one in result.visits
        ],
    }
