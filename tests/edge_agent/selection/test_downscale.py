"""Every size and shape becomes 320 x 180 with the mean of its areas."""

import numpy as np
import pytest

from edge_agent.selection.downscale import downscale

SIZES = [(180, 320), (360, 640), (720, 1280), (1080, 1920), (1079, 1919), (2160, 3840), (48, 64),
         (1, 1), (1920, 1080), (240, 4000)]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_every_picture_has_the_same_size_and_an_even_one_its_level(size):
    small = downscale(np.full(size, 117, np.uint8))
    assert (small.shape, small.dtype) == ((180, 320), np.uint8)
    assert (small == 117).all()


@pytest.mark.parametrize("size", [(360, 640), (720, 1280), (1080, 1920), (2160, 3840)])
def test_an_edge_stays_where_it_is(size):
    picture = np.full(size, 40, np.uint8)
    picture[:, size[1] // 4 :] = 200
    small = downscale(picture)
    assert (small[:, :79] == 40).all()
    assert (small[:, 81:] == 200).all()


def test_a_picture_of_the_target_size_is_not_changed():
    picture = np.random.default_rng(1).integers(0, 256, (180, 320), np.uint8)
    assert np.array_equal(downscale(picture), picture)


def test_noise_is_averaged_over_areas():
    noise = np.random.default_rng(2).normal(120, 20, (1080, 1920)).clip(0, 255).astype(np.uint8)
    small = downscale(noise)
    assert small.std() < 20 / 3  # at least 9 of the 36 pixels of an area
    assert small.mean() == pytest.approx(120, abs=1)


def test_a_view_of_a_larger_picture_is_read_and_not_changed():
    picture = np.random.default_rng(3).integers(0, 256, (400, 700), np.uint8)
    before = picture.copy()
    view = picture[20:380, 30:670]
    assert np.array_equal(downscale(view), downscale(view.copy()))
    assert np.array_equal(picture, before)
