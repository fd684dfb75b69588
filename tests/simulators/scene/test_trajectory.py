"""Position, speed and head direction of a person, computed by hand for simple paths."""

from dataclasses import replace

import numpy as np
import pytest

from simulators.scene.appearance import sample_appearance
from simulators.scene.trajectory import STRIDE_M, TURN_S, Gaze, Trajectory, Waypoint

APPEARANCE = replace(sample_appearance(np.random.default_rng(0)), height_cm=170.0)
AT_CAMERA = (Gaze(0.0, 0.0, 0.0),)


def trajectory(*waypoints, gazes=AT_CAMERA):
    return Trajectory(0, "passes", APPEARANCE, tuple(Waypoint(*one) for one in waypoints), gazes)


#  x  -3 ----------- 0 ----------> 3     4 m from the camera, 1 m/s
CROSSING = trajectory((10.0, -3.0, 4.0), (16.0, 3.0, 4.0))


def test_nobody_is_present_before_the_start_and_after_the_end():
    assert CROSSING.at(9.99) is None
    assert CROSSING.at(16.01) is None
    assert CROSSING.at(10.0) is not None
    assert CROSSING.at(16.0) is not None
    assert (CROSSING.starts_s, CROSSING.ends_s) == (10.0, 16.0)


def test_a_walk_at_one_metre_per_second():
    pose = CROSSING.at(13.0)
    assert (pose.x_m, pose.z_m) == (pytest.approx(0.0), pytest.approx(4.0))
    assert pose.speed_m_s == pytest.approx(1.0)
    assert pose.body_yaw_deg == pytest.approx(90.0)


def test_two_steps_are_one_cycle_of_the_legs():
    cycle_s = 2 * STRIDE_M  # at 1 m/s
    assert CROSSING.at(10.0).stride_ratio == 0.0
    assert CROSSING.at(10.0 + cycle_s / 2).stride_ratio == pytest.approx(0.5)
    assert CROSSING.at(10.0 + cycle_s * 1.25).stride_ratio == pytest.approx(0.25)


def test_the_eyes_of_a_standing_person_are_below_the_crown():
    pose = trajectory((0.0, 1.0, 3.0), (9.0, 1.0, 3.0)).at(4.0)
    assert pose.speed_m_s == 0.0
    assert pose.eyes_m == pytest.approx((170 - 11.5) / 100)


def test_a_standing_body_follows_the_head_by_half():
    gaze = (Gaze(0.0, 40.0, 0.0),)
    assert trajectory((0.0, 1.0, 3.0), (9.0, 1.0, 3.0), gazes=gaze).at(4.0).body_yaw_deg == 20.0


def test_a_head_turns_to_the_next_gaze_within_the_turn_time():
    #  gaze      40 deg |---turn---| 0 deg, -10 deg
    #            0      5        5.35
    gazes = (Gaze(0.0, 40.0, 2.0), Gaze(5.0, 0.0, -10.0))
    person = trajectory((0.0, 1.0, 3.0), (9.0, 1.0, 3.0), gazes=gazes)
    angles = [
        (person.at(at_s).yaw_deg, person.at(at_s).pitch_deg)
        for at_s in (1.0, 5.0, 5.0 + TURN_S / 2, 5.0 + TURN_S, 9.0)
    ]
    expected = [(40, 2), (40, 2), (20, -4), (0, -10), (0, -10)]
    assert [pytest.approx(one, abs=1e-6) for one in expected] == angles


def test_a_stop_is_slowed_down_over_less_than_a_second():
    walker = trajectory((0.0, 0.0, 3.0), (4.0, 4.0, 3.0), (8.0, 4.0, 3.0))
    assert walker.at(3.0).speed_m_s == pytest.approx(1.0)
    assert 0.2 < walker.at(4.0).speed_m_s < 0.8
    assert walker.at(5.0).speed_m_s == pytest.approx(0.0)
    assert walker.at(5.0).x_m == pytest.approx(4.0)
