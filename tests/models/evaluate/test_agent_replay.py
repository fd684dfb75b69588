"""Seconds of a replayed video, computed by hand from sightings of one track."""

from dataclasses import dataclass

import pytest

from edge_agent.perception.attention import Attention
from edge_agent.settings.camera_settings import Settings
from models.evaluate.agent_replay import (
    ReplayResult,
    VideoError,
    add_visit,
    replay_video,
    summarize_audience,
)

LOOKING, FACING, UNSURE, AWAY = (
    Attention.LOOKING, Attention.FACING, Attention.UNSURE, Attention.AWAY,
)  # fmt: skip


@dataclass
class Sighting:
    attention: Attention
    looking_ratio: float = 0.0
    track: int = 1


def result_of(*sightings):
    result = ReplayResult(seconds=10.0, pictures=100, analysed=50)
    add_visit(result, sightings, Settings())
    return result


def test_time_between_sightings_counts_with_the_attention_of_the_first():
    #  s       0 -- looking -- 0.5 -- facing -- 1.25 -- away
    audience = summarize_audience(
        result_of((0.0, Sighting(LOOKING)), (0.5, Sighting(FACING)), (1.25, Sighting(AWAY)))
    )
    assert audience["attentive_s"] == 0.5
    assert audience["facing_s"] == 1.25  # who looks faces the screen too
    assert audience["opportunity_s"] == 1.25
    assert audience["unsure_s"] == 0.0


def test_a_long_gap_counts_with_its_limit_only():
    limit_s = Settings().tracking.longest_gap_s
    audience = summarize_audience(result_of((2.0, Sighting(LOOKING)), (8.0, Sighting(LOOKING))))
    assert audience["attentive_s"] == limit_s
    assert audience["stays"][0]["from_s"] == 2.0
    assert audience["stays"][0]["to_s"] == 8.0


def test_a_track_seen_once_is_a_visit_without_time():
    audience = summarize_audience(result_of((3.0, Sighting(LOOKING))))
    assert (audience["visits"], audience["opportunity_s"], audience["onlookers"]) == (1, 0.0, 0)
    assert audience["stays"] == [{"from_s": 3.0, "to_s": 3.0, "attentive_s": 0.0, "engaged": False}]


def test_who_looks_for_a_second_is_an_onlooker():
    def looking_for(seconds):
        frames = [(at / 5, Sighting(LOOKING)) for at in range(int(seconds * 5) + 1)]
        return summarize_audience(result_of(*frames))["onlookers"]

    assert looking_for(0.8) == 0
    assert looking_for(1.0) == 1


@pytest.mark.parametrize(
    ("ratio", "band"), [(0.95, "high"), (0.90, "medium"), (0.70, "medium"), (0.69, "low")]
)
def test_seconds_are_counted_in_the_band_of_their_probability(ratio, band):
    audience = summarize_audience(
        result_of((0.0, Sighting(UNSURE, ratio)), (0.5, Sighting(UNSURE, ratio)))
    )
    assert audience["by_band_s"] == {"high": 0.0, "medium": 0.0, "low": 0.0} | {band: 0.5}
    assert audience["unsure_s"] == 0.5


def test_a_video_without_people_has_an_audience_of_zero():
    audience = summarize_audience(ReplayResult(seconds=4.004, pictures=40, analysed=20))
    assert (audience["seconds"], audience["pictures_analysed"]) == (4.0, 20)
    assert (audience["visits"], audience["onlookers"], audience["opportunity_s"]) == (0, 0, 0)
    assert audience["stays"] == []


def test_a_missing_video_is_refused(tmp_path):
    with pytest.raises(VideoError, match=r"found no video at .*none\.mp4, expected a video file"):
        replay_video(tmp_path / "none.mp4", Settings())
