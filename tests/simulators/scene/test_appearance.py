"""Sampled appearances are plausible, varied and reproducible."""

import numpy as np
import pytest

from simulators.scene.appearance import HAIRS, IRISES, Hair, sample_appearance


@pytest.fixture(scope="module")
def people():
    return [sample_appearance(np.random.default_rng(seed)) for seed in range(400)]


def test_the_same_seed_gives_the_same_person(people):
    assert sample_appearance(np.random.default_rng(7)) == people[7]
    assert people[7] != people[8]


def test_every_hair_style_occurs_about_as_often_as_configured(people):
    shares = {style: sum(one.style is style for one in people) / len(people) for style in Hair}
    expected = {Hair.SHORT: 0.45, Hair.LONG: 0.33, Hair.CROPPED: 0.14, Hair.BALD: 0.08}
    assert shares == pytest.approx(expected, abs=0.08)


def test_measures_are_within_their_limits(people):
    for one in people:
        assert 152 <= one.height_cm <= 192
        assert 0 <= one.age_ratio <= 1
        assert 0.7 <= one.build.nose <= 1.25
        assert 0.32 <= one.brow_cm <= 0.6


def test_nobody_with_long_hair_has_a_beard_and_only_they_may_wear_lipstick(people):
    for one in people:
        if one.style is Hair.LONG:
            assert one.beard_ratio == 0
            assert one.lipstick_ratio >= 0.3
        else:
            assert one.lipstick_ratio == 0.15
            assert one.beard_ratio == 0 or 0.3 <= one.beard_ratio <= 1


def test_only_older_people_are_grey(people):
    grey = [one for one in people if one.hair == HAIRS[-1]]
    assert grey
    assert all(one.age_ratio > 0.65 for one in grey)


def test_dark_skin_has_dark_hair_and_brown_eyes(people):
    dark = [one for one in people if sum(one.skin) <= 400]
    assert dark
    for one in dark:
        assert one.iris in IRISES[:2]
        assert one.hair in (*HAIRS[:2], HAIRS[-1])
