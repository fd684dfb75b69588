"""A teacher completes the labels of annotators; decoys are detections without a label."""

from dataclasses import dataclass

import msgspec
import numpy as np
import pytest

from edge_agent.perception.face_detector import Face
from models.datasets.picture import LabelledPicture
from models.train.errors import TrainingDataError
from models.train.samples.labels import (
    Labels,
    complete_labels,
    label_picture,
    label_pictures,
    with_decoys,
)


def boxes(*rows):
    return np.asarray(rows, np.float32).reshape(-1, 4)


@dataclass
class FixedTeacher:
    """Finds the same faces in every picture; its landmarks are the corners and the middle."""

    boxes: np.ndarray
    scores: np.ndarray

    def faces(self, image, *, least_score=0.0):
        chosen = self.scores >= least_score
        return FixedTeacher(self.boxes[chosen], self.scores[chosen])

    def landmarks(self, image, box):
        x1, y1, x2, y2 = box
        middle = [(x1 + x2) / 2, (y1 + y2) / 2]
        return np.asarray([[x1, y1], [x2, y1], middle, [x1, y2], [x2, y2]], np.float32)


def teacher(*found):
    return FixedTeacher(boxes(*(box for box, _ in found)), np.asarray([s for _, s in found]))


def picture(*rows, name="facemask/a", ignored=()):
    image = np.zeros((200, 200, 3), np.uint8)
    marks = np.full((len(rows), 5, 2), np.nan, np.float32)
    return LabelledPicture(name, image, boxes(*rows), marks, boxes(*ignored))


def test_a_sure_face_without_a_box_is_added_and_a_doubtful_one_is_ignored():
    found = teacher(([100, 100, 140, 140], 0.75), ([10, 100, 50, 140], 0.74), ([0, 0, 9, 9], 0.2))
    labels = complete_labels(picture([0, 0, 40, 40]), found)
    assert labels.boxes == [[0, 0, 40, 40], [100, 100, 140, 140]]
    assert labels.ignored == [[10, 100, 50, 140]]


def test_the_box_of_an_annotator_is_kept_where_the_teacher_finds_the_same_face():
    labels = complete_labels(picture([0, 0, 40, 40]), teacher(([4, 4, 44, 44], 0.9)))
    assert labels.boxes == [[0, 0, 40, 40]]
    assert labels.ignored == []


def test_only_a_face_of_twenty_pixels_or_more_has_landmarks():
    labels = complete_labels(picture([0, 0, 30, 19.9], [50, 50, 80, 70]), teacher())
    small, large = labels.landmarks
    assert small is None
    assert large == [[50, 50], [80, 50], [65, 60], [50, 70], [80, 70]]


def test_a_picture_without_any_face_has_no_labels():
    assert complete_labels(picture(), teacher()) == Labels([], [], [])


def test_labels_replace_those_of_the_picture_and_missing_landmarks_are_not_a_number():
    labels = Labels([[1, 2, 3, 4]], [None], [[5, 6, 7, 8]])
    labelled = label_picture(picture([0, 0, 40, 40]), labels)
    assert labelled.boxes.tolist() == [[1, 2, 3, 4]]
    assert labelled.ignored.tolist() == [[5, 6, 7, 8]]
    assert labelled.landmarks.shape == (1, 5, 2)
    assert np.isnan(labelled.landmarks).all()
    empty = label_picture(picture(), Labels([], [], []))
    assert (empty.boxes.shape, empty.landmarks.shape) == ((0, 4), (0, 5, 2))


def test_labels_are_stored_and_read_without_a_teacher(tmp_path):
    stored = tmp_path / "new" / "labels.json"
    found = teacher(([100, 100, 140, 140], 0.9))
    (first,) = label_pictures([picture()], found, stored)
    (again,) = label_pictures([picture()], None, stored)
    assert again.boxes.tolist() == first.boxes.tolist() == [[100, 100, 140, 140]]
    assert [path.name for path in stored.parent.iterdir()] == ["labels.json"]


def test_a_picture_without_people_is_not_labelled_by_the_teacher(tmp_path):
    found = teacher(([100, 100, 140, 140], 0.9))
    (empty,) = label_pictures([picture(name="backgrounds/a")], found, tmp_path / "labels.json")
    assert empty.boxes.tolist() == []


def test_a_picture_added_since_the_labels_were_stored_is_refused_without_a_teacher(tmp_path):
    stored = tmp_path / "labels.json"
    label_pictures([picture()], teacher(), stored)
    before = stored.read_bytes()
    with pytest.raises(TrainingDataError, match=r"no labels of facemask/b in .*delete the file"):
        label_pictures([picture(), picture(name="facemask/b")], None, stored)
    assert stored.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": {"boxes": 1}}', b"\xff"])
def test_a_damaged_file_of_labels_is_refused(tmp_path, content):
    stored = tmp_path / "labels.json"
    stored.write_bytes(content)
    with pytest.raises(TrainingDataError, match="cannot be read as labels"):
        label_pictures([picture()], teacher(), stored)
    assert stored.read_bytes() == content


class FixedDetector:
    def __init__(self, *found):
        self.found = [Face(tuple(box), 0.9, np.zeros((5, 2), np.float32)) for box in found]

    def faces(self, image):
        return self.found


LABELLED, ELSEWHERE, SMALL = [0, 0, 40, 40], [100, 100, 140, 140], [60, 60, 75, 79]


def test_a_detection_away_from_every_label_is_a_decoy():
    detectors = [FixedDetector(LABELLED), FixedDetector(ELSEWHERE)]
    result = with_decoys(picture(LABELLED), detectors)
    assert result.decoys.tolist() == [ELSEWHERE]
    assert result.boxes.tolist() == [LABELLED]


def test_a_detection_in_an_ignored_region_is_no_decoy():
    result = with_decoys(picture(ignored=[ELSEWHERE]), [FixedDetector(ELSEWHERE)])
    assert result.decoys.tolist() == []
    assert result.ignored.tolist() == [ELSEWHERE]


def test_a_small_detection_is_ignored_among_people_and_a_decoy_without_people():
    among = with_decoys(picture(LABELLED), [FixedDetector(SMALL)])
    assert (among.decoys.tolist(), among.ignored.tolist()) == ([], [SMALL])
    empty = with_decoys(picture(), [FixedDetector(SMALL)])
    assert (empty.decoys.tolist(), empty.ignored.tolist()) == ([SMALL], [])
    all_sizes = with_decoys(picture(LABELLED), [FixedDetector(SMALL)], least_px=0.0)
    assert all_sizes.decoys.tolist() == [SMALL]


def test_a_picture_without_detections_has_no_decoys():
    result = with_decoys(picture(LABELLED), [FixedDetector()])
    assert result.decoys.shape == (0, 4)
    assert msgspec.json.encode(result.ignored.tolist()) == b"[]"
