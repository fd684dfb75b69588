"""Head pose has the right signs, and a large sigma where it is uncertain."""

import cv2
import numpy as np
import pytest
from skimage import data

from edge_agent.perception.face_detector import Face, load_detector
from edge_agent.perception.head_pose import OnnxPoseEstimator, load_pose
from edge_agent.perception.image_crops import crop
from edge_agent.perception.inference import open_session
from edge_agent.perception.model_errors import ModelError


@pytest.fixture(scope="module")
def estimator():
    return load_pose()


@pytest.fixture(scope="module")
def astronaut():
    """Eileen Collins, NASA, public domain: looks into the camera, her head leaning a little."""
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


@pytest.fixture(scope="module")
def face(astronaut):
    return load_detector().faces(astronaut)[0]


def test_a_portrait_looks_into_the_camera(estimator, astronaut, face):
    (pose,) = estimator.poses(astronaut, [face])
    assert abs(pose.yaw_deg) < 20
    assert abs(pose.pitch_deg) < 20
    assert 1 <= pose.sigma_deg < 25


def test_a_mirror_turns_yaw_and_roll_around(estimator, astronaut, face):
    (pose,) = estimator.poses(astronaut, [face])
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    x1, y1, x2, y2 = face.box
    other = Face((512 - x2, y1, 512 - x1, y2), face.score, face.landmarks)
    (seen,) = estimator.poses(mirrored, [other])
    assert seen.yaw_deg == pytest.approx(-pose.yaw_deg, abs=7)
    assert seen.pitch_deg == pytest.approx(pose.pitch_deg, abs=8)  # known to 4.6 degrees
    assert seen.roll_deg == pytest.approx(-pose.roll_deg, abs=5)


def test_roll_is_positive_clockwise(estimator, astronaut, face):
    x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
    clockwise = cv2.getRotationMatrix2D((x, y), -15, 1.0)
    turned = cv2.warpAffine(astronaut, clockwise, (512, 512))
    before, after = estimator.poses(astronaut, [face])[0], estimator.poses(turned, [face])[0]
    assert 5 < after.roll_deg - before.roll_deg < 23


def test_a_blurred_small_face_has_more_uncertainty_than_a_portrait(estimator, astronaut, face):
    tiny = cv2.resize(astronaut, None, fx=0.06, fy=0.06, interpolation=cv2.INTER_AREA)
    speck = cv2.resize(tiny, (512, 512))
    sure, unsure = estimator.poses(astronaut, [face])[0], estimator.poses(speck, [face])[0]
    assert unsure.sigma_deg > sure.sigma_deg


def test_every_face_of_a_frame_is_measured_as_if_it_were_alone(estimator, astronaut, face):
    elsewhere = Face((300.0, 300.0, 420.0, 420.0), 0.9, face.landmarks)
    together = estimator.poses(astronaut, [face, elsewhere])
    alone = [estimator.poses(astronaut, [one])[0] for one in (face, elsewhere)]
    for one, other in zip(together, alone, strict=True):
        assert one.yaw_deg == pytest.approx(other.yaw_deg, abs=0.05)


def test_no_face_no_pose(estimator, astronaut):
    assert estimator.poses(astronaut, []) == []


@pytest.mark.parametrize("box", [(-40, -40, 30, 30), (500, 500, 560, 570), (600, 600, 640, 640)])
def test_a_box_beyond_the_edge_gives_a_finite_pose(estimator, astronaut, box):
    face = Face(tuple(float(edge) for edge in box), 0.5, np.zeros((5, 2), np.float32))
    (pose,) = estimator.poses(astronaut, [face])
    assert np.isfinite([pose.yaw_deg, pose.pitch_deg, pose.roll_deg, pose.sigma_deg]).all()


def test_a_crop_is_square_and_centred():
    image = np.zeros((100, 200, 3), np.uint8)
    image[40:60, 90:110] = 255
    cut = crop(image, (90.0, 40.0, 110.0, 60.0), 2.0, 64)
    assert cut.shape == (64, 64, 3)
    assert cut[32, 32].min() == 255
    assert cut[4, 4].max() == 0
    assert np.array_equal(cut, cut[:, ::-1])


def test_a_network_for_something_else_is_refused():
    with pytest.raises(ModelError, match="expected a head pose network"):
        OnnxPoseEstimator(open_session("onlooker-face"))
