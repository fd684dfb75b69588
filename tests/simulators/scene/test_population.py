"""People of a scene: reproducible, in order of arrival, apart where there is space."""

import math

import numpy as np
import pytest

from simulators.scene.appearance import sample_appearance
from simulators.scene.behaviour import BEHAVIOURS
from simulators.scene.lens import Lens
from simulators.scene.population import (
    CLEAR_S,
    HeadSpacing,
    PopulationError,
    create_population,
)
from simulators.scene.trajectory import Gaze, Trajectory, Waypoint

SMALL = Lens(640, 360)  # focal length 512 px: at 4 m a metre is 0.2 of the width


def standing(x_m, *, from_s=0.0, until_s=10.0, z_m=4.0):
    appearance = sample_appearance(np.random.default_rng(0))
    points = (Waypoint(from_s, x_m, z_m), Waypoint(until_s, x_m, z_m))
    return Trajectory(0, "stops", appearance, points, (Gaze(0.0, 0.0, 0.0),))


def test_the_same_arguments_give_the_same_people():
    assert create_population(4, 20, 5, SMALL) == create_population(4, 20, 5, SMALL)
    assert create_population(4, 20, 5, SMALL) != create_population(4, 20, 6, SMALL)


def test_people_are_numbered_in_order_of_arrival():
    people = create_population(9, 40, 3, SMALL)
    assert [one.person for one in people] == list(range(9))
    starts = [one.starts_s for one in people]
    assert starts == sorted(starts)


@pytest.mark.parametrize("seconds", [12, 40])
def test_nobody_is_present_in_the_first_and_in_the_last_second(seconds):
    for one in create_population(8, seconds, 1, SMALL):
        assert one.starts_s >= CLEAR_S
        assert one.ends_s <= seconds - CLEAR_S + 1e-9


def test_six_people_show_every_behaviour():
    people = create_population(6, 60, 2, SMALL)
    assert {one.behaviour for one in people} == set(BEHAVIOURS)


def test_a_scene_may_be_empty():
    assert create_population(0, 12, 1, SMALL) == ()


@pytest.mark.parametrize("people", [-1, 201, 10_000])
def test_a_number_of_people_outside_the_limits_is_refused(people):
    with pytest.raises(PopulationError, match=f"^{people} people cannot be drawn: use 0 to 200$"):
        create_population(people, 60, 1, SMALL)


@pytest.mark.parametrize("seconds", [11.9, 3600.1, -1.0, math.nan, math.inf])
def test_a_length_outside_the_limits_is_refused(seconds):
    with pytest.raises(PopulationError, match="cannot be drawn: use 12 to 3600 s"):
        create_population(1, seconds, 1, SMALL)


def test_the_distance_of_two_heads_is_a_share_of_the_width():
    spacing = HeadSpacing(10.0, SMALL)
    spacing.add(standing(-1.0))
    assert spacing.min_distance(standing(0.5)) == pytest.approx(1.5 * 0.2)
    spacing.add(standing(0.75))
    assert spacing.min_distance(standing(0.5)) == pytest.approx(0.25 * 0.2)


def test_people_who_are_never_present_together_are_apart():
    spacing = HeadSpacing(10.0, SMALL)
    assert spacing.min_distance(standing(0.0)) == 1.0
    spacing.add(standing(0.0, until_s=4.0))
    assert spacing.min_distance(standing(0.0, from_s=5.0)) == 1.0
    assert spacing.min_distance(standing(0.0, from_s=3.0)) == 0.0
