"""A film watched as the camera would: the agent's own judgement, person by person.

`edge_agent.perception.pipeline` runs over the file at the agent's rate; what it says of each track
is kept, so that it can be laid beside what somebody has counted.
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


class VideoError(EvaluationError):
    """A film that cannot be watched."""


@dataclass(slots=True)
class ReplayedVisit:
    """One believed person: seconds of the film, and what they did."""

    first_s: float
    last_s: float
    visit: Visit

    @property
    def dwell_s(self) -> float:
        return self.last_s - self.first_s


@dataclass(slots=True)
class ReplayResult:
    """A film as the agent saw it. Times are seconds of the film."""

    seconds: float = 0.0
    pictures: int = 0
    analysed: int = 0
    stays: list[ReplayedVisit] = field(default_factory=list)
    attention_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    band_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


def replay_video(video: Path, settings: Settings) -> ReplayResult:
    """Run the agent's judgement over a film."""
    if not video.is_file():
        raise VideoError(f"found no film at {video}, expected a video file or an animated GIF")
    watch = FramePipeline(settings, *open_networks(settings))
    result, begun = ReplayResult(), defaultdict[int, list[tuple[float, Any]]](list)
    believed: set[int] = set()
    try:
        for frame in _frames(video, settings):
            seen = watch.process(frame)
            result.pictures, result.analysed = result.pictures + 1, result.analysed + seen.analysed
            result.seconds = frame.elapsed_s
            for sighting in seen.seen:
                begun[sighting.track].append((frame.elapsed_s, sighting))
                if sighting.confirmed:
                    believed.add(sighting.track)
    except CaptureError as error:
        raise VideoError(str(error)) from error
    for track in sorted(believed):
        _keep(result, begun[track], settings)
    return result


def _frames(video: Path, settings: Settings) -> Iterator[Frame]:
    camera = open_camera(str(video), settings.capture, speed=math.inf, starts_at=EPOCH)
    try:
        for moment in camera:
            if isinstance(moment, Frame):
                yield moment
    finally:
        camera.close()


def _keep(result: ReplayResult, sights: Sequence[tuple[float, Any]], settings: Settings) -> None:
    """Add a believed track: its time in view, and its seconds by attention and by band."""
    (first_s, first), *rest = sights
    begins = round(first_s * 1000)
    visit = Visit(first.track, begins, begins, first.attention)
    visit.record_attention(first.attention)
    longest_s = settings.tracking.longest_gap_s
    before_s, before = first_s, first
    for at_s, sighting in rest:
        spent_s = min(at_s - before_s, longest_s)
        last_ms = round((before_s + spent_s) * 1000)
        span = VisitSpan(round(before_s * 1000), last_ms, before.attention)
        visit.extend(span, sighting.attention, settings.attention)
        result.attention_s[str(before.attention)] += spent_s
        result.band_s[str(attention_band(before.looking_ratio))] += spent_s
        before_s, before = at_s, sighting
    result.stays.append(ReplayedVisit(first_s, before_s, visit))


def summarize_audience(result: ReplayResult) -> dict[str, Any]:
    """Return the film's audience as a report would count it, seconds rounded."""
    tiers = result.attention_s
    looking_s = tiers[str(Attention.LOOKING)]
    return {
        "seconds": round(result.seconds, 2),
        "pictures_analysed": result.analysed,
        "visits": len(result.stays),
        "onlookers": sum(stay.visit.engaged for stay in result.stays),
        "opportunity_s": round(sum(tiers.values()), 2),
        "facing_s": round(looking_s + tiers[str(Attention.FACING)], 2),
        "attentive_s": round(looking_s, 2),
        "unsure_s": round(tiers[str(Attention.UNSURE)], 2),
        "by_band_s": {name: round(result.band_s[name], 2) for name in ("high", "medium", "low")},
        "stays": [
            {
                "from_s": round(stay.first_s, 2),
                "to_s": round(stay.last_s, 2),
                "attentive_s": round(stay.visit.looking_ms / 1000, 2),
                "engaged": stay.visit.engaged,
            }
            for stay in result.stays
        ],
    }
