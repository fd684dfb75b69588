"""The attention policy: from the angles of a head to its attention state."""

import math
from dataclasses import dataclass

import pytest

from edge_agent.perception.attention import (
    Attention,
    AttentionBand,
    GazeProbabilities,
    attention_band,
    gaze_from_angles,
    looking_probability,
    update_gaze,
    within_probability,
)
from edge_agent.settings.perception import AttentionSettings

SETTINGS = AttentionSettings()


@dataclass
class Head:
    yaw_deg: float
    pitch_deg: float = 0.0
    sigma_deg: float = 6.0


def gaze_of(head, settings=SETTINGS):
    return gaze_from_angles(head, settings)


def attention_states(heads, step_s=0.2, settings=SETTINGS):
    gaze, states = None, []
    for index, head in enumerate(heads):
        gaze = update_gaze(gaze, gaze_of(head, settings), index * step_s, settings)
        states.append(gaze.attention)
    return states


def test_a_normal_error_of_half_the_limit_keeps_95_in_100_inside():
    assert within_probability(0, 10, 20) == pytest.approx(0.9545, abs=1e-4)


def test_on_the_very_limit_it_is_even():
    assert within_probability(20, 4, 20) == pytest.approx(0.5, abs=1e-4)


def test_left_and_right_are_alike_and_so_are_up_and_down():
    for yaw, pitch in ((12, 5), (-12, 5), (12, -5), (-12, -5)):
        assert looking_probability(Head(yaw, pitch), SETTINGS) == pytest.approx(
            looking_probability(Head(12, 5), SETTINGS)
        )


@pytest.mark.parametrize(
    ("head", "attention"),
    [
        (Head(0), Attention.LOOKING),
        (Head(0, 0, sigma_deg=0), Attention.LOOKING),
        (Head(35), Attention.FACING),
        (Head(0, 35), Attention.FACING),
        (Head(80), Attention.AWAY),
        (Head(20), Attention.UNSURE),
        (Head(0, 0, sigma_deg=20), Attention.UNSURE),  # a straight face too small to be sure of
    ],
)
def test_the_first_picture_alone(head, attention):
    assert update_gaze(None, gaze_of(head), 0.0, SETTINGS).attention is attention


def test_a_head_on_the_border_does_not_flicker():
    states = attention_states(
        [Head(0), Head(0)] + [Head(16.5 + (-1) ** n * 2.0) for n in range(30)]
    )
    assert set(states) == {Attention.LOOKING}


def test_a_person_who_turns_to_the_screen_and_away_again():
    states = attention_states([Head(60)] * 5 + [Head(2)] * 10 + [Head(60)] * 10)
    assert states[:5] == [Attention.AWAY] * 5
    assert states[9:15] == [Attention.LOOKING] * 6
    assert states[-5:] == [Attention.AWAY] * 5


def test_the_filter_works_in_time_not_in_pictures():
    slow = update_gaze(
        update_gaze(None, gaze_of(Head(60)), 0.0, SETTINGS), gaze_of(Head(0)), 1.0, SETTINGS
    )
    fast = update_gaze(None, gaze_of(Head(60)), 0.0, SETTINGS)
    for step in range(1, 11):
        fast = update_gaze(fast, gaze_of(Head(0)), step * 0.1, SETTINGS)
    assert fast.looking_ratio == pytest.approx(slow.looking_ratio, abs=1e-9)


def test_one_wrong_estimate_does_not_end_a_long_look():
    states = attention_states([Head(0)] * 10 + [Head(40)] + [Head(0)] * 3, step_s=0.1)
    assert states[10] is Attention.LOOKING


@pytest.mark.parametrize("head", [None, Head(math.nan), Head(0, math.inf), Head(0, 0, math.nan)])
def test_without_a_measured_head_it_is_unsure_and_the_past_is_kept(head):
    before = update_gaze(None, gaze_of(Head(0)), 0.0, SETTINGS)
    gaze = update_gaze(before, head and gaze_of(head), 0.2, SETTINGS)
    assert gaze.attention is Attention.UNSURE
    assert gaze.looking_ratio == before.looking_ratio


def test_a_filter_of_zero_length_follows_every_frame():
    sharp = AttentionSettings(filter_s=0)
    assert attention_states([Head(0), Head(80), Head(0)], settings=sharp) == [
        Attention.LOOKING,
        Attention.AWAY,
        Attention.LOOKING,
    ]


@pytest.mark.parametrize(
    ("probability", "band"),
    [
        (0.91, AttentionBand.HIGH),
        (0.9, AttentionBand.MEDIUM),
        (0.7, AttentionBand.MEDIUM),
        (0.69, AttentionBand.LOW),
        (0.0, AttentionBand.LOW),
    ],
)
def test_the_bands_advertisers_know(probability, band):
    assert attention_band(probability) is band
    sharp = AttentionSettings(filter_s=0)
    assert update_gaze(None, GazeProbabilities(probability, 1.0), 0.0, sharp).band is band
