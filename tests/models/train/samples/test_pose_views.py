"""Views of faces: turned by known angles, labelled by the mean of geometry and teacher."""

from dataclasses import replace

import numpy as np
import pytest

from models.train.errors import TrainingDataError
from models.train.samples.pose_views import (
    LEAST_FACE_PX,
    MARGIN,
    SIDE_PX,
    VIEWS,
    create_views,
    crop_face,
    load_or_create_views,
)

POSE = np.asarray([5.0, -3.0, 2.0], np.float32)


class FixedTeacher:
    """Measures the same pose in every picture, `off_deg` beside it in every one but the first."""

    def __init__(self, off_deg=0.0):
        self.off_deg = off_deg
        self.asked = 0

    def pose_of(self, image, box, margins):
        self.asked += 1
        return POSE + (self.off_deg if self.asked > 1 else 0.0)


@pytest.fixture(autouse=True)
def _few_views(monkeypatch):
    monkeypatch.setitem(VIEWS, "sheets", 8)
    monkeypatch.setitem(VIEWS, "facemask", 1)


@pytest.fixture
def portrait(street):
    return replace(
        street, name="sheets/one", boxes=street.boxes[1:], landmarks=street.landmarks[1:]
    )


def test_a_face_is_cut_out_with_its_margin(street):
    box, marks = street.boxes[1], street.landmarks[1]  # 60 px wide, so 114 px become 128
    image, moved, moved_marks = crop_face(street.image, box, marks)
    scale = SIDE_PX / (60 * MARGIN)
    assert image.shape == (SIDE_PX, SIDE_PX, 3)
    edge = (SIDE_PX - 60 * scale) / 2
    assert moved == pytest.approx([edge, edge, SIDE_PX - edge, SIDE_PX - edge], abs=1e-3)
    assert moved_marks[0] == pytest.approx([edge + 5 * scale, edge + 5 * scale], abs=1e-3)
    assert image[64, 64].tolist() == [255, 255, 255]
    assert image[4, 4].tolist() == [0, 0, 0]


def test_a_face_at_the_edge_of_the_picture_is_padded(street):
    corner = np.asarray([0, 0, 40, 40], np.float32)
    image, box, _ = crop_face(street.image, corner, street.landmarks[0])
    assert image.shape == (SIDE_PX, SIDE_PX, 3)
    assert box[0] == pytest.approx(SIDE_PX * (1 - 1 / MARGIN) / 2, abs=1e-3)


def test_the_first_view_is_the_face_itself_with_the_pose_of_the_teacher(portrait):
    (views,) = create_views([portrait], FixedTeacher())
    assert views.angles[0] == pytest.approx(POSE)
    assert len(views.images) == len(views.boxes) == len(views.landmarks) == len(views.people)


def test_a_view_that_teacher_and_geometry_dispute_is_dropped(portrait):
    (views,) = create_views([portrait], FixedTeacher(off_deg=200.0))
    assert len(views.images) == 1


def test_the_label_of_a_view_is_half_way_between_geometry_and_teacher(portrait):
    (views,) = create_views([portrait], FixedTeacher())
    assert 1 < len(views.images) < 1 + VIEWS["sheets"]  # turns of more than 14 degrees are disputed
    assert np.abs(views.angles[1:, :2] - POSE[:2]).max() <= 7.001
    assert np.abs(views.angles[1:, :2] - POSE[:2]).max(axis=0).min() > 0.5
    assert views.angles[:, 2] == pytest.approx(POSE[2])


def test_the_same_seed_gives_the_same_views(portrait):
    (one,), (same,) = (list(create_views([portrait], FixedTeacher(), seed=8)) for _ in range(2))
    assert np.array_equal(one.images, same.images)
    assert np.array_equal(one.angles, same.angles)


def test_each_face_is_another_person(street, portrait):
    parts = list(create_views([portrait, street], FixedTeacher(off_deg=200.0)))
    assert [set(part.people) for part in parts] == [{1.0}, {2.0}, {3.0}]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "clips/one/1"},
        {"boxes": np.asarray([[250, 150, 310, 150 + LEAST_FACE_PX - 0.1]], np.float32)},
        {"landmarks": np.full((1, 5, 2), np.nan, np.float32)},
    ],
    ids=["another kind", "too small", "no landmarks"],
)
def test_an_unsuitable_face_has_no_views(portrait, change):
    assert list(create_views([replace(portrait, **change)], FixedTeacher())) == []


def test_views_are_stored_and_read_without_a_teacher(portrait, tmp_path):
    path = tmp_path / "new" / "views.npz"
    created = load_or_create_views(path, [portrait], FixedTeacher(off_deg=200.0))
    again = load_or_create_views(path, [], None)
    assert np.array_equal(again.images, created.images)
    assert again.angles.tolist() == created.angles.tolist()
    assert [one.name for one in path.parent.iterdir()] == ["views.npz"]


def test_without_stored_views_and_teacher_the_remedy_is_named(tmp_path):
    with pytest.raises(TrainingDataError, match="python -m models train attention"):
        load_or_create_views(tmp_path / "views.npz", [], None)


def test_pictures_without_a_suitable_face_are_refused_and_nothing_is_stored(wall, tmp_path):
    with pytest.raises(TrainingDataError, match=r"no face with landmarks .* in 1 pictures"):
        load_or_create_views(tmp_path / "views.npz", [wall], FixedTeacher())
    assert list(tmp_path.iterdir()) == []
