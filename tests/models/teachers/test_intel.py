"""Intel's networks as teachers: coordinates of tiles, crops and signs of the angles."""

import numpy as np
import pytest

from models.teachers.intel import IntelTeacher, cut_square

BOX = np.asarray([40, 20, 80, 60], np.float32)


def nothing(planes):
    raise AssertionError("this network is not used here")


def face_rows(*rows):
    """Rows of image number, label, score and corners in shares, as the detector outputs them."""
    return np.asarray([[0, 1, *row] for row in rows], np.float32).reshape(1, 1, -1, 7)


class FixedFaces:
    """Finds the same faces in every view."""

    def __init__(self, *rows):
        self.rows = face_rows(*rows)
        self.shapes = []

    def __call__(self, planes):
        self.shapes.append(planes.shape)
        return [self.rows]


def faces(width, height, *rows, **options):
    network = FixedFaces(*rows)
    teacher = IntelTeacher(network, nothing, nothing)
    return teacher.faces(np.zeros((height, width, 3), np.uint8), **options), network.shapes


def test_a_small_picture_is_one_view_and_shares_become_pixels():
    found, shapes = faces(200, 100, (0.9, 0.1, 0.2, 0.5, 0.6))
    assert shapes == [(1, 3, 384, 672)]
    assert found.boxes.tolist() == [pytest.approx([20, 20, 100, 60])]
    assert found.scores == pytest.approx([0.9])


def test_a_large_picture_is_read_in_quarters_and_ninths_too():
    _, shapes = faces(400, 300, (0.01, 0.4, 0.4, 0.6, 0.6))
    assert len(shapes) == 1 + 4 + 9


def test_faces_of_tiles_are_moved_to_their_place_in_the_picture():
    found, _ = faces(400, 300, (0.9, 0.4, 0.4, 0.6, 0.6))
    assert len(found.boxes) > 8
    assert found.boxes.min() > 0
    assert (found.boxes[:, 2] < 400).all()
    assert (found.boxes[:, 3] < 300).all()


def test_a_face_that_the_inner_edge_of_a_tile_cuts_is_left_out():
    at_the_right_edge = (0.9, 0.8, 0.4, 1.0, 0.6)
    found, _ = faces(400, 300, at_the_right_edge)
    assert len(found.boxes) > 0
    assert found.boxes[:, 2] == pytest.approx(np.full(len(found.boxes), 400), abs=1)


def test_faces_below_the_score_are_left_out():
    rows = ((0.29, 0.1, 0.1, 0.3, 0.3), (0.31, 0.6, 0.6, 0.9, 0.9))
    assert len(faces(200, 100, *rows)[0].boxes) == 1
    assert len(faces(200, 100, *rows, least_score=0.1)[0].boxes) == 2
    assert faces(200, 100)[0].boxes.shape == (0, 4)


def test_of_two_boxes_on_one_face_the_better_one_remains():
    found, _ = faces(200, 100, (0.6, 0.1, 0.2, 0.5, 0.6), (0.9, 0.11, 0.2, 0.5, 0.6))
    assert found.scores == pytest.approx([0.9])


def test_landmarks_are_shares_of_the_square_around_the_box():
    corners = np.asarray([0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1], np.float32).reshape(1, 10, 1, 1)
    teacher = IntelTeacher(nothing, lambda planes: [corners], nothing)
    marks = teacher.landmarks(np.zeros((100, 200, 3), np.uint8), BOX)
    assert marks.tolist() == [[40, 20], [80, 20], [60, 40], [40, 60], [80, 60]]


def pose_network(yaw, pitch, roll):
    angles = {"angle_y_fc": yaw, "angle_p_fc": pitch, "angle_r_fc": roll}
    return lambda planes: {name: np.asarray([[value]]) for name, value in angles.items()}


def test_pitch_is_positive_upwards():
    teacher = IntelTeacher(nothing, nothing, pose_network(10.0, 20.0, -5.0))
    assert teacher.pose(np.zeros((60, 60, 3), np.uint8)).tolist() == [10, -20, -5]


def test_the_pose_is_the_mean_over_the_margins():
    sides = []

    def network(planes):
        sides.append(float(planes.mean()))
        return pose_network(float(len(sides)), 0.0, 0.0)(planes)

    teacher = IntelTeacher(nothing, nothing, network)
    pose = teacher.pose_of(np.zeros((100, 200, 3), np.uint8), BOX, (1.0, 1.5, 2.0))
    assert pose.tolist() == [2.0, 0.0, 0.0]
    assert len(sides) == 3


@pytest.mark.parametrize(("margin", "side"), [(1.0, 40), (1.5, 60), (0.01, 2)])
def test_a_cut_is_a_square_around_the_middle_of_the_box(margin, side):
    image = np.zeros((100, 200, 3), np.uint8)
    image[40, 60] = 255
    cut = cut_square(image, BOX, margin)
    assert cut.shape == (side, side, 3)
    assert cut[side // 2, side // 2].tolist() == [255, 255, 255]


@pytest.mark.parametrize("box", [[-30, -30, 10, 10], [190, 90, 230, 130], [0, 0, 200, 100]])
def test_beyond_the_edge_of_the_picture_its_border_is_replicated(box):
    cut = cut_square(np.full((100, 200, 3), 70, np.uint8), np.asarray(box, np.float32))
    assert cut.shape[0] == cut.shape[1] == max(box[2] - box[0], box[3] - box[1])
    assert (cut == 70).all()


def test_a_cut_does_not_share_memory_with_the_picture():
    image = np.zeros((100, 200, 3), np.uint8)
    cut_square(image, BOX)[:] = 9
    assert image.max() == 0
