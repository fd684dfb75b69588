"""Drawn people, counted by the real agent with its own networks, against the truth."""

import json
from pathlib import Path

import pytest

from simulators.__main__ import main
from wire.envelope import decode_events

pytestmark = pytest.mark.slow


def measured(tmp_path, people, seconds, seed):
    """The truth's totals and the sums of what the agent reported."""
    clip, told, out = (str(tmp_path / name) for name in ("c.mp4", "t.json", "r.jsonl"))
    scene = f"scene --people {people} --seconds {seconds} --seed {seed} --size 960x540 --fps 10"
    assert main([*scene.split(), f"--out={clip}", f"--truth={told}"]) == 0
    assert main(["replay", clip, "--location=KX-01", f"--out={out}"]) == 0
    lines = Path(out).read_bytes().splitlines()
    reports = [event.data for line in lines for event in decode_events(line)]
    return json.loads(Path(told).read_text())["totals"], reports


def test_visits_onlookers_and_looking_time_are_near_the_truth(tmp_path):
    truth, reports = measured(tmp_path, people=5, seconds=16, seed=7)
    assert abs(sum(r.visits for r in reports) - truth["visitors"]) <= 1
    assert abs(sum(r.onlookers for r in reports) - truth["onlookers"]) <= 1
    attention_s = sum(r.looking_ms for r in reports) / 1000
    assert attention_s == pytest.approx(truth["attention_s"], rel=0.2)
    dwell_s = sum(r.dwell_ms for r in reports) / 1000
    assert dwell_s == pytest.approx(truth["dwell_s"], rel=0.2)
    assert sum(r.observed_ms for r in reports) == pytest.approx(16_000, abs=500)


def test_an_empty_concourse_is_observed_and_empty(tmp_path):
    truth, reports = measured(tmp_path, people=0, seconds=12, seed=1)
    assert truth["people"] == 0
    assert sum(r.entries + r.visits + r.person_ms for r in reports) == 0
    assert sum(r.observed_ms for r in reports) == pytest.approx(12_000, abs=500)
