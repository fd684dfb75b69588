"""Faces are found where they are, and nowhere else."""

import cv2
import matplotlib.cbook
import numpy as np
import pytest
from skimage import data

from edge_agent.perception.face_detector import OnnxFaceDetector, load_detector
from edge_agent.perception.image_crops import ImageError
from edge_agent.perception.inference import open_session
from edge_agent.perception.model_errors import ModelError


@pytest.fixture(scope="module")
def detector():
    return load_detector()


@pytest.fixture(scope="module")
def astronaut():
    """Eileen Collins, NASA, public domain: one face of about 100 px in 512 x 512."""
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


@pytest.fixture(scope="module")
def admiral():
    """Grace Hopper, US Navy, public domain: one face of about 190 px in 600 x 512."""
    path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    return cv2.imread(path)


def middle(box):
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def test_one_astronaut_one_face(detector, astronaut):
    face, *others = detector.faces(astronaut)
    # a fitting of her suit, 13 px high, is the price of far faces
    assert all(other.height_px < 15 for other in others)
    assert len(others) <= 1
    x, y = middle(face.box)
    assert abs(x - 223) < 15
    assert abs(y - 115) < 25
    assert 70 < face.height_px < 160


def test_one_admiral_one_face(admiral):
    # at 640 px her face is 260 px high, more than the network is sure of: see its card
    (face,) = load_detector(input_px=320).faces(admiral)
    x, y = middle(face.box)
    assert abs(x - 260) < 30
    assert abs(y - 215) < 45


def test_landmarks_lie_in_the_face_with_the_subjects_right_first(detector, astronaut):
    face = detector.faces(astronaut)[0]
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_mouth[0] < left_mouth[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1])


@pytest.mark.parametrize("ratio", [0.35, 0.6, 1.0, 2.0])
def test_a_face_is_where_it_was_when_the_camera_has_more_pixels(detector, astronaut, ratio):
    scaled = cv2.resize(astronaut, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    face = max(detector.faces(scaled), key=lambda face: face.score)
    x, y = middle(face.box)
    assert abs(x / ratio - 223) < 15
    assert abs(y / ratio - 115) < 25


def test_a_mirrored_image_moves_the_face_and_keeps_the_subjects_right_first(detector, astronaut):
    face = detector.faces(np.ascontiguousarray(astronaut[:, ::-1]))[0]
    assert abs(middle(face.box)[0] - (512 - 223)) < 15
    assert face.landmarks[0][0] < face.landmarks[1][0]


def test_four_people_are_four_faces(detector, astronaut):
    crowd = np.vstack([np.hstack([astronaut] * 2)] * 2)
    assert len(detector.faces(crowd)) == 4


def shown(name):
    picture = getattr(data, name)()
    return np.ascontiguousarray(picture[..., ::-1] if picture.ndim == 3 else picture)


@pytest.mark.parametrize("name", ["rocket", "brick", "grass", "clock", "moon"])
def test_images_without_people_have_no_faces(detector, name):
    assert detector.faces(shown(name)) == []


@pytest.mark.parametrize("name", ["coffee", "gravel", "page"])
def test_objects_like_faces_are_detected_a_few_times_at_most(detector, name):
    # the cost of far faces, stated on the card; at 320 px none of these is a face
    fooled = detector.faces(shown(name))
    assert len(fooled) <= 4
    assert all(face.height_px < 20 for face in fooled)
    assert load_detector(input_px=320).faces(shown(name)) == []


def test_an_empty_wall_has_no_faces(detector):
    rng = np.random.default_rng(3)
    assert detector.faces(np.full((480, 640, 3), 127, np.uint8)) == []
    assert detector.faces(rng.integers(0, 256, (480, 640, 3), np.uint8)) == []


def test_grey_pictures_are_welcome(detector, astronaut):
    assert len(detector.faces(cv2.cvtColor(astronaut, cv2.COLOR_BGR2GRAY))) == 1


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (1, 900, 3), (900, 1, 3), (33, 17, 3), (4000, 5000, 3)]
)
def test_odd_sizes_are_no_accident(detector, shape):
    assert detector.faces(np.zeros(shape, np.uint8)) == []


def test_sixteen_bits_are_refused_with_the_reason(detector):
    with pytest.raises(ImageError, match="uint16"):
        detector.faces(np.zeros((64, 64, 3), np.uint16))


def test_a_network_for_something_else_is_refused():
    with pytest.raises(ModelError, match="expected a face detector"):
        OnnxFaceDetector(
            open_session("onlooker-attention"), input_px=320, threshold=None, doubtful=False
        )
