"""Training scenes keep faces and labels together, and the same seed draws the same scene."""

import cv2
import numpy as np
import pytest

from edge_agent.perception.boxes import overlap_ratios
from models.datasets.picture import LabelledPicture
from models.train.hard_negatives import emboss_head, make_hard_negative
from models.train.photometric import STEPS, weathered
from models.train.scene_composer import SceneSampler, mirror_scene


@pytest.fixture(scope="module")
def pictures():
    """White squares on black are faces here; one wall has none."""
    street = np.zeros((300, 400, 3), np.uint8)
    boxes = np.asarray([[50, 60, 90, 100], [250, 150, 310, 210]], np.float32)
    for x1, y1, x2, y2 in boxes.astype(int):
        street[y1:y2, x1:x2] = 255
    marks = np.stack([np.linspace(box[:2] + 5, box[2:] - 5, 5) for box in boxes])
    wall = np.full((300, 400, 3), 60, np.uint8)
    return [
        LabelledPicture("facemask/street", street, boxes, marks.astype(np.float32)),
        LabelledPicture("sheets/one", street, boxes, marks.astype(np.float32)),
        LabelledPicture("backgrounds/wall", wall),
    ]


@pytest.fixture(scope="module")
def sampler(pictures):
    return SceneSampler(pictures)


def scenes(sampler, count=40, side=256):
    return [sampler.scene(side, np.random.default_rng([3, index])) for index in range(count)]


def test_the_same_seed_draws_the_same_scene(sampler):
    one, other = scenes(sampler, 6), scenes(sampler, 6)
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.image, b.image)
        assert np.array_equal(a.boxes, b.boxes)


def test_boxes_lie_in_the_scene_and_each_has_its_landmarks(sampler):
    for scene in scenes(sampler):
        assert scene.image.shape == (256, 256, 3)
        assert scene.image.dtype == np.uint8
        assert len(scene.boxes) == len(scene.landmarks)
        assert (scene.boxes >= 0).all()
        assert (scene.boxes <= 256).all()


def test_faces_of_every_size_are_drawn(sampler):
    heights = np.concatenate([s.boxes[:, 3] - s.boxes[:, 1] for s in scenes(sampler, 150)])
    assert heights.min() < 9
    assert heights.max() > 110
    assert 0.3 < (heights < 20).mean() < 0.95


def test_a_crowd_covers_nobody_who_is_labelled(sampler, monkeypatch):
    monkeypatch.setattr("models.train.scene_composer.CROWD", 1.0)
    crowds = [scene.boxes for scene in scenes(sampler)]
    assert max(len(boxes) for boxes in crowds) > 8
    for boxes in crowds:
        others = overlap_ratios(boxes, boxes) - np.eye(len(boxes))
        assert others.max(initial=0.0) < 0.2


def test_a_mirror_twice_is_no_mirror(sampler):
    scene = next(s for s in scenes(sampler) if len(s.boxes))
    twice = mirror_scene(mirror_scene(scene))
    assert np.array_equal(twice.image, scene.image)
    assert np.allclose(twice.boxes, scene.boxes, atol=1e-3)
    assert np.allclose(twice.landmarks, scene.landmarks, atol=1e-3)


def test_a_mirror_keeps_the_subjects_right_first(sampler):
    scene = next(s for s in scenes(sampler) if len(s.boxes))
    before, after = scene.landmarks[0], mirror_scene(scene).landmarks[0]
    assert after[1, 0] == pytest.approx(256 - before[0, 0], abs=1e-3)
    assert after[4, 0] == pytest.approx(256 - before[3, 0], abs=1e-3)


@pytest.mark.parametrize("step", [step for step, _ in STEPS], ids=lambda step: step.__name__)
def test_every_kind_of_weather_keeps_shape_and_range(step):
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    for seed in range(5):
        seen = step(image, np.random.default_rng(seed))
        assert seen.shape == image.shape
        assert seen.dtype == np.uint8


def test_weather_changes_most_pictures():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    changed = [
        not np.array_equal(weathered(image, np.random.default_rng(s)), image) for s in range(20)
    ]
    assert sum(changed) > 15


def test_a_stamped_head_is_of_one_metal():
    few = np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8)
    head = cv2.resize(few, (80, 80), interpolation=cv2.INTER_CUBIC)
    relief = emboss_head(head, np.zeros(4, np.float32), np.random.default_rng(1)).astype(float)
    lit = (relief > 20).all(axis=2) & (relief < 250).all(axis=2)
    assert (relief[lit][:, 0] / relief[lit][:, 2]).std() < 0.03
    assert relief.std() > 3


def test_a_hidden_face_is_no_longer_what_it_was():
    head = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    box = np.asarray([28, 24, 68, 76], np.float32)
    for seed in range(12):
        bare = make_hard_negative(head, box, np.random.default_rng(seed), height_px=52.0)
        assert bare.shape == head.shape
        gap = np.abs(bare[30:70, 32:64].astype(int) - head[30:70, 32:64])
        assert gap.mean() > 15
