"""Faces with labels are selected together with their labels, and resized to one side."""

import numpy as np
import pytest

from models.datasets.labelled_faces import SIDE_PX, LabelledFaces, resize_face

FACES = LabelledFaces(
    np.stack([np.full((64, 64, 3), value, np.uint8) for value in (10, 20, 30)]),
    np.asarray([[0, 1], [2, 0], [5, 1]], np.int64),
    ("a", "b", "c"),
)


def test_images_targets_and_groups_are_selected_together():
    chosen = FACES.select(np.asarray([True, False, True]))
    assert chosen.images[:, 0, 0, 0].tolist() == [10, 30]
    assert chosen.targets.tolist() == [[0, 1], [5, 1]]
    assert chosen.groups == ("a", "c")


def test_nothing_may_be_selected():
    chosen = FACES.select(np.zeros(3, bool))
    assert (len(chosen.images), chosen.targets.shape, chosen.groups) == (0, (0, 2), ())


@pytest.mark.parametrize("count", [2, 4])
def test_a_mask_of_another_length_is_refused(count):
    with pytest.raises((ValueError, IndexError)):
        FACES.select(np.ones(count, bool))


@pytest.mark.parametrize("shape", [(48, 48), (64, 64), (200, 100), (1, 1)])
def test_a_face_of_any_size_becomes_a_square_of_the_same_colour(shape):
    face = resize_face(np.full((*shape, 3), (7, 8, 9), np.uint8))
    assert (face.shape, face.dtype) == ((SIDE_PX, SIDE_PX, 3), np.uint8)
    assert (face == (7, 8, 9)).all()
