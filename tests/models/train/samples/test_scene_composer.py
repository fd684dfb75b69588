"""Training scenes keep faces and labels together, and the same seed draws the same scene."""

from dataclasses import replace

import numpy as np
import pytest

from edge_agent.perception.boxes import overlap_ratios
from models.train.samples.scene_composer import SceneSampler, mirror_scene


@pytest.fixture(scope="module")
def sampler(street, wall):
    """Samples from a street, a portrait and a wall without faces."""
    return SceneSampler([street, replace(street, name="sheets/one"), wall])


def scenes(sampler, count=40, side=256):
    return [sampler.scene(side, np.random.default_rng([3, index])) for index in range(count)]


@pytest.fixture(scope="module")
def drawn(sampler):
    return scenes(sampler, 150)


def test_the_same_seed_draws_the_same_scene(sampler, drawn):
    for a, b in zip(drawn[:6], scenes(sampler, 6), strict=True):
        assert np.array_equal(a.image, b.image)
        assert np.array_equal(a.boxes, b.boxes)


def test_boxes_are_inside_the_scene_and_each_has_its_landmarks(drawn):
    for scene in drawn:
        assert scene.image.shape == (256, 256, 3)
        assert scene.image.dtype == np.uint8
        assert len(scene.boxes) == len(scene.landmarks)
        assert (scene.boxes >= 0).all()
        assert (scene.boxes <= 256).all()


def test_faces_of_every_size_are_drawn(drawn):
    heights = np.concatenate([s.boxes[:, 3] - s.boxes[:, 1] for s in drawn])
    assert heights.min() < 9
    assert heights.max() > 110
    assert 0.3 < (heights < 20).mean() < 0.95


def test_a_crowd_covers_no_labelled_face(sampler, monkeypatch):
    monkeypatch.setattr("models.train.samples.scene_composer.CROWD", 1.0)
    crowds = [scene.boxes for scene in scenes(sampler)]
    assert max(len(boxes) for boxes in crowds) > 8
    for boxes in crowds:
        others = overlap_ratios(boxes, boxes) - np.eye(len(boxes))
        assert others.max(initial=0.0) < 0.2


def test_a_scene_mirrored_twice_is_the_same(drawn):
    scene = next(s for s in drawn if len(s.boxes))
    twice = mirror_scene(mirror_scene(scene))
    assert np.array_equal(twice.image, scene.image)
    assert np.allclose(twice.boxes, scene.boxes, atol=1e-3)
    assert np.allclose(twice.landmarks, scene.landmarks, atol=1e-3)


def test_the_subjects_right_side_is_first_in_a_mirrored_scene(drawn):
    scene = next(s for s in drawn if len(s.boxes))
    before, after = scene.landmarks[0], mirror_scene(scene).landmarks[0]
    assert after[1, 0] == pytest.approx(256 - before[0, 0], abs=1e-3)
    assert after[4, 0] == pytest.approx(256 - before[3, 0], abs=1e-3)
