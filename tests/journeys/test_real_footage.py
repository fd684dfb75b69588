"""Real people, counted by replay with the weights as they are shipped."""

from pathlib import Path

import pytest

from simulators.__main__ import main as simulators
from wire.envelope import AudienceEvent, decode_events

FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "data" / "models"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("video", "visits"),
    [
        ("dev/videos/face-demographics-walking.gif", 2),
        ("dev/videos/people-detection.gif", 0),  # one person, from behind
        ("dev/videos/one-by-one-person-detection.mp4", 0),  # six, from behind
        ("train/videos/bottle-detection.gif", 0),
        ("train/videos/car-detection.gif", 0),
        ("train/videos/classroom.gif", 4),
        ("train/videos/head-pose-face-detection-male.gif", 1),
    ],
)
def test_the_people_who_show_their_face_are_counted(video, visits, tmp_path):
    if not FOOTAGE.is_dir():
        pytest.skip("the shared footage is not here")
    out = tmp_path / "reports.jsonl"
    options = ["--location", "KX-01", "--out", str(out), "--speed", "max"]
    assert simulators(["replay", str(FOOTAGE / video), *options]) == 0
    events = [event for line in out.read_bytes().splitlines() for event in decode_events(line)]
    assert events
    assert all(isinstance(event, AudienceEvent) for event in events)
    assert sum(event.data.visits for event in events) == visits
    assert sum(event.data.entries for event in events) == visits
