"""The concourse without people: any picture size, reproducible, with a mild sensor model."""

import numpy as np
import pytest

from simulators.scene.background import DRIFT_PERIOD_S, DRIFT_RATIO, Background
from simulators.scene.lens import Lens

SMALL = Lens(320, 180)


@pytest.fixture(scope="module")
def background():
    return Background(SMALL, seed=1)


def test_drawing_on_the_copy_leaves_the_background_as_it_was(background):
    before = background.empty()
    background.empty()[:] = 0
    assert np.array_equal(background.empty(), before)


def test_the_same_seed_gives_the_same_concourse(background):
    again, other = Background(SMALL, seed=1), Background(SMALL, seed=2)
    assert np.array_equal(again.empty(), background.empty())
    assert not np.array_equal(other.empty(), background.empty())


# in the widest of these the wall would end 50 rows below the picture
@pytest.mark.parametrize("size", [(960, 180), (320, 180), (320, 900)])
def test_every_shape_of_picture_is_drawn(size):
    picture = Background(Lens(*size), seed=1).empty()
    assert picture.shape == (size[1], size[0], 3)
    assert picture.std() > 5


def test_the_floor_is_darker_towards_the_camera(background):
    rows = background.empty().mean(axis=(1, 2))
    assert rows[-10:].mean() < rows[120:130].mean()


def test_exposure_drifts_by_three_percent_over_its_period():
    grey = np.full((180, 320, 3), 100, np.uint8)
    lit = Background(SMALL, seed=1)
    instants = np.linspace(0, DRIFT_PERIOD_S, 12, endpoint=False)
    means = [float(lit.add_exposure(grey, at_s).mean()) for at_s in instants]
    assert max(means) == pytest.approx(100 * (1 + DRIFT_RATIO), abs=0.7)
    assert min(means) == pytest.approx(100 * (1 - DRIFT_RATIO), abs=0.7)


def test_noise_is_the_same_in_all_three_channels_and_never_overflows(background):
    white = np.full((180, 320, 3), 255, np.uint8)
    lit = background.add_exposure(white, 0.0)
    assert lit.min() > 230
    assert (lit == lit[..., :1]).all()
