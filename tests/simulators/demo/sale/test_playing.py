"""The player states every spot of the hours that are replayed, and the clips fill them."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from simulators.demo.sale import playing
from simulators.demo.sale.flight import choose_flight
from simulators.demo.sale.playing import (
    SCENE_S,
    record_covered_lens,
    record_first_hour,
    write_plays,
)
from simulators.played_creatives import read_messages, start_of

FLIGHT = choose_flight(datetime(2026, 11, 29, 12, tzinfo=UTC))


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """The seconds of each clip that was drawn, and the demonstration that draws."""
    seconds = {}

    def run(name, words):
        seconds[name] = int(words[words.index("--seconds") + 1])

    return SimpleNamespace(seconds=seconds, folder=tmp_path, processes=SimpleNamespace(run=run))


def test_the_clips_fill_the_hours(drawn, tmp_path):
    first = record_first_hour(drawn, FLIGHT, tmp_path / "scene.mp4")
    covered = record_covered_lens(drawn, FLIGHT)
    assert SCENE_S + drawn.seconds["scene-empty"] * (len(first.clips) - 1) == 3_600
    assert drawn.seconds["scene-covered"] * len(covered.clips) == 7_200
    assert first.ends_at == covered.starts_at
    assert (first.starts_at, covered.ends_at) == (FLIGHT.starts_at, FLIGHT.ends_at)


def test_the_player_states_every_spot_once(drawn, tmp_path):
    hours = [
        record_first_hour(drawn, FLIGHT, tmp_path / "scene.mp4"),
        record_covered_lens(drawn, FLIGHT),
    ]
    starts = []
    for number, one in enumerate(hours):
        path = tmp_path / f"{number}.jsonl"
        assert write_plays(path, FLIGHT, one) == len(read_messages(path))
        starts += [start_of(message) for message in read_messages(path)]
    assert len(starts) == len(set(starts)) == FLIGHT.plays
    assert (starts[0], starts[-1] < FLIGHT.ends_at) == (FLIGHT.starts_at, True)
    assert playing.SMALL[-1] == "0"  # nobody
