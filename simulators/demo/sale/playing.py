"""The flight as the real agent measures it: drawn clips, and the messages of the player.

The first hour is a scene with people and then an empty concourse, the others a covered lens. The
replay gives every frame the time of the flight. Between the people one frame a second is enough:
a picture is valid for that long.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from simulators.demo.running import Demo
from simulators.demo.sale.buying import CREATIVE
from simulators.demo.sale.flight import Flight
from simulators.demo.sale.receipts import ReceiptKeys

SCENE_S: Final = 24
HOUR_S: Final = 3_600
EMPTY_CLIPS: Final = 3
COVERED_CLIPS: Final = 6  # two hours
SMALL: Final = ("--size", "320x180", "--fps", "1", "--people", "0")
AGENT_SETTINGS: Final = """interval_s = 60
[motion]
heartbeat_s = 60
[privacy]
smallest_cell = 1
"""  # synthetic people
DRAIN_S: Final = "30"


@dataclass(frozen=True, slots=True)
class ReplayedHours:
    """Clips that follow each other, from an instant on."""

    name: str
    clips: Sequence[Path]
    starts_at: datetime
    ends_at: datetime


def record_first_hour(demo: Demo, flight: Flight, scene: Path) -> ReplayedHours:
    """People for the length of the scene, and nobody for the rest of the hour."""
    empty = demo.folder / "empty.mp4"
    _draw(demo, empty, (HOUR_S - SCENE_S) // EMPTY_CLIPS)
    clips = [scene, *[empty] * EMPTY_CLIPS]
    return ReplayedHours("first-hour", clips, flight.starts_at, flight.blind_at)


def record_covered_lens(demo: Demo, flight: Flight) -> ReplayedHours:
    """Two hours of a covered lens."""
    covered, length = demo.folder / "covered.mp4", flight.ends_at - flight.blind_at
    _draw(demo, covered, round(length.total_seconds()) // COVERED_CLIPS, "--covered")
    return ReplayedHours("covered", [covered] * COVERED_CLIPS, flight.blind_at, flight.ends_at)


def replay(demo: Demo, flight: Flight, recording: ReplayedHours, keys: ReceiptKeys) -> int:
    """Run the agent on a recording until the cloud has counted it; the plays that were shown."""
    plays = demo.folder / f"{recording.name}.plays.jsonl"
    count = write_plays(plays, flight, recording)
    settings = demo.folder / "sale-agent.toml"
    settings.write_text(AGENT_SETTINGS)
    words = [
        *("--location", flight.location, "--device", flight.device),
        *("--broker", demo.broker.url, "--config", str(settings), "--drain", DRAIN_S),
        *("--starts-at", recording.starts_at.isoformat(), "--plays", str(plays)),
        *("--sign", str(keys.certificate), str(keys.key)),
    ]
    clips = [str(clip) for clip in recording.clips]
    demo.processes.run(f"replay-{recording.name}", ["simulators", "replay", *clips, *words])
    return count


def write_plays(path: Path, flight: Flight, recording: ReplayedHours) -> int:
    """Write what the player says: the creative starts every ten seconds; how often it starts."""
    spot = timedelta(seconds=flight.spot_s)
    count = (recording.ends_at - recording.starts_at) // spot
    starts = (recording.starts_at + number * spot for number in range(count))
    messages = (
        json.dumps({"creative": CREATIVE, "started_at": at.isoformat()}) + "\n" for at in starts
    )
    path.write_text("".join(messages))
    return count


def _draw(demo: Demo, clip: Path, seconds: int, *options: str) -> None:
    files = ["--out", str(clip), "--truth", str(clip.with_suffix(".json"))]
    words = ["simulators", "scene", *SMALL, "--seconds", str(seconds), *options, *files]
    demo.processes.run(f"scene-{clip.stem}", words)
