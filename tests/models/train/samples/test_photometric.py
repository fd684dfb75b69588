"""Photometric effects keep shape and type, are reproducible, and do what their names say."""

import numpy as np
import pytest

from models.train.samples import photometric
from models.train.samples.photometric import STEPS, weathered

NOISE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
GREY = np.full((64, 96, 3), 128, np.uint8)


@pytest.mark.parametrize("step", [step for step, _ in STEPS], ids=lambda step: step.__name__)
def test_every_effect_keeps_shape_and_range(step):
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    for seed in range(5):
        seen = step(image, np.random.default_rng(seed))
        assert seen.shape == image.shape
        assert seen.dtype == np.uint8


def test_most_pictures_are_changed_pictures():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    changed = [
        not np.array_equal(weathered(image, np.random.default_rng(s)), image) for s in range(20)
    ]
    assert sum(changed) > 15


def apply(step, image, seed):
    return step(image, np.random.default_rng(seed)).astype(float)


@pytest.mark.parametrize("step", [step for step, _ in STEPS], ids=lambda step: step.__name__)
def test_the_same_seed_gives_the_same_effect_and_the_input_is_unchanged(step):
    before = NOISE.copy()
    assert np.array_equal(apply(step, NOISE, 4), apply(step, NOISE, 4))
    assert np.array_equal(NOISE, before)


def test_a_darkened_picture_has_at_most_half_of_its_light():
    means = [apply(photometric.darkened, GREY, seed).mean() for seed in range(20)]
    assert min(means) > 128 * 0.15 - 1
    assert max(means) < 128 * 0.5 + 15


def test_noise_does_not_change_the_mean():
    noisy = apply(photometric.noisy, GREY, 1)
    assert noisy.mean() == pytest.approx(128, abs=1)
    assert noisy.std() > 1


@pytest.mark.parametrize("step", [photometric.blurred, photometric.coarsened])
def test_blur_and_coarse_resolution_remove_detail_but_no_light(step):
    def detail(image):
        return np.abs(np.diff(image.astype(float), axis=1)).mean()

    for seed in range(8):
        result = apply(step, NOISE, seed)
        assert detail(result) < detail(NOISE)
        assert result.mean() == pytest.approx(NOISE.mean(), abs=6)


def test_saturation_leaves_grey_as_it_is():
    assert all((apply(photometric.saturated, GREY, seed) == 128).all() for seed in range(10))


def test_shade_is_smooth():
    shaded = apply(photometric.shaded, GREY, 2)
    assert shaded.std() > 5
    assert np.abs(np.diff(shaded, axis=1)).max() < 10


def test_white_never_becomes_black_by_overflow():
    white = np.full((64, 96, 3), 255, np.uint8)
    for step, _ in STEPS:
        if step is not photometric.darkened:
            assert min(apply(step, white, seed).mean() for seed in range(6)) > 60
