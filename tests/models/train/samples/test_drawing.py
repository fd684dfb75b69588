"""The scenes of a step depend on the seed and the step only; every scene has its targets."""

from dataclasses import replace

import numpy as np
import pytest

from models.train.samples import drawing
from models.train.samples.detector_targets import cells
from models.train.samples.drawing import draw_scenes
from models.train.samples.scene_composer import SceneSampler

SIDES_PX = {64: 3, 96: 2, 128: 1}


@pytest.fixture(autouse=True)
def _small_scenes(monkeypatch):
    monkeypatch.setattr(drawing, "SIDES_PX", SIDES_PX)


@pytest.fixture(scope="module")
def sampler(street, wall):
    return SceneSampler([street, replace(street, name="sheets/one"), wall])


def test_a_step_has_the_number_of_scenes_of_its_side(sampler):
    sides = set()
    for step in range(10):
        images, centres, strides, kind, boxes, landmarks = draw_scenes(sampler, 7, step)
        side = images.shape[2]
        count, places = SIDES_PX[side], len(cells(side)[0])
        assert images.shape == (count, 3, side, side)
        assert (centres.shape, strides.shape) == ((places, 2), (places,))
        assert kind.shape == (count, places)
        assert boxes.shape == (count, places, 4)
        assert landmarks.shape == (count, places, 10)
        sides.add(side)
    assert sides == set(SIDES_PX)


def test_the_same_seed_and_step_give_the_same_scenes(sampler):
    one, same, next_step, other_seed = (
        draw_scenes(sampler, seed, step)[0] for seed, step in ((7, 3), (7, 3), (7, 4), (8, 3))
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, next_step)
    assert not np.array_equal(one, other_seed)


def test_a_cell_has_a_box_if_it_has_a_face(sampler):
    _, _, _, kind, boxes, _ = draw_scenes(sampler, 7, 1)
    scenes, places = np.nonzero(kind == 1)
    assert len(scenes) > 0
    assert (boxes[kind != 1] == 0).all()
    found = boxes[scenes, places]
    assert (found[:, 2:] > found[:, :2]).all()
    assert set(np.unique(kind)) <= {-1, 0, 1}
