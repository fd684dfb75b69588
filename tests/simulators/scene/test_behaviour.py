"""Sampled paths keep the promises of their behaviour, whatever the seed."""

from itertools import pairwise

import numpy as np
import pytest

from simulators.scene.behaviour import BEHAVIOURS, Behaviour, plan_path
from simulators.scene.lens import Lens

LENS = Lens(1280, 720)
SEEDS = range(40)


def paths(behaviour, longest_s=30.0):
    return [plan_path(behaviour, longest_s, LENS, np.random.default_rng(seed)) for seed in SEEDS]


def is_on_screen(gaze):
    return max(abs(gaze.yaw_deg), abs(gaze.pitch_deg)) <= 10


@pytest.mark.parametrize("behaviour", Behaviour)
@pytest.mark.parametrize("longest_s", [10.0, 30.0])
def test_a_path_begins_and_ends_outside_the_picture_within_its_time(behaviour, longest_s):
    for path in paths(behaviour, longest_s):
        first, last = path.waypoints[0], path.waypoints[-1]
        assert path.behaviour is behaviour
        assert first.at_s == 0.0
        assert 0 < path.length_s <= longest_s
        assert abs(first.x_m) > LENS.edge_m(first.z_m)
        assert abs(last.x_m) > LENS.edge_m(last.z_m)
        assert first.x_m * last.x_m < 0  # from one side to the other


@pytest.mark.parametrize("behaviour", Behaviour)
def test_waypoints_and_gazes_are_in_order_of_time(behaviour):
    for path in paths(behaviour):
        assert all(a.at_s < b.at_s for a, b in pairwise(path.waypoints))
        assert path.gazes[0].from_s == 0.0
        assert all(a.from_s < b.from_s for a, b in pairwise(path.gazes))


@pytest.mark.parametrize("behaviour", Behaviour)
def test_every_gaze_is_clearly_on_the_screen_or_clearly_off_it(behaviour):
    for gaze in (gaze for path in paths(behaviour) for gaze in path.gazes):
        assert is_on_screen(gaze) or max(abs(gaze.yaw_deg), abs(gaze.pitch_deg)) > 32


def test_who_passes_or_leaves_never_looks():
    for path in [*paths(Behaviour.PASSES), *paths(Behaviour.LEAVES)]:
        assert not any(is_on_screen(gaze) for gaze in path.gazes)


def test_who_leaves_shows_the_back_of_the_head():
    assert all(abs(path.gazes[0].yaw_deg) >= 145 for path in paths(Behaviour.LEAVES))


def test_a_glance_is_longer_than_the_second_of_an_onlooker():
    for path in paths(Behaviour.GLANCES):
        ahead, glance, after = path.gazes
        assert (is_on_screen(ahead), is_on_screen(glance), is_on_screen(after)) == (0, 1, 0)
        assert after.from_s - glance.from_s > 1.0


def test_who_stops_stands_still_and_looks():
    for path in paths(Behaviour.STOPS):
        _, stop, go, _ = path.waypoints
        assert (stop.x_m, stop.z_m) == (go.x_m, go.z_m)
        assert go.at_s - stop.at_s >= 3.0
        assert is_on_screen(path.gazes[1])
        assert path.gazes[1].from_s < stop.at_s


def test_only_who_stands_for_long_takes_out_a_telephone():
    for path in paths(Behaviour.STOPS):
        stand_s = path.waypoints[2].at_s - path.waypoints[1].at_s
        lowered = [gaze for gaze in path.gazes if gaze.pitch_deg < -32]
        assert len(lowered) == (stand_s > 6.0)


def test_every_behaviour_is_in_the_cycle_of_a_population():
    assert set(BEHAVIOURS) == set(Behaviour)
