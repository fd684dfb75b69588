"""The networks of the agent find drawn faces and measure the angle they are drawn at."""

import cv2
import numpy as np
import pytest

from edge_agent.perception.face_detector import load_detector
from edge_agent.perception.head_pose import load_pose
from simulators.scene.appearance import sample_appearance
from simulators.scene.head_mesh import build_head_mesh
from simulators.scene.head_renderer import PX_PER_CM, SIDE_PX, HeadRenderer
from simulators.scene.video_writer import paste_sprite

PEOPLE = 6
FACE_CM = 18.0
WIDE, HIGH = 640, 384
SCORE = 0.3  # the tracker continues a face down to this score


@pytest.fixture(scope="module")
def portraits():
    return [
        HeadRenderer(build_head_mesh(sample_appearance(np.random.default_rng(seed))))
        for seed in range(PEOPLE)
    ]


@pytest.fixture(scope="module")
def detector():
    return load_detector(threshold=SCORE)


def picture(portrait, yaw_deg, pitch_deg, face_px):
    """One head in front of a wall, its eyes in the middle."""
    wall = np.random.default_rng(1).integers(90, 170, (12, 20, 3)).astype(np.uint8)
    image = cv2.resize(wall, (WIDE, HIGH), interpolation=cv2.INTER_CUBIC)
    side = round(SIDE_PX * face_px / FACE_CM / PX_PER_CM)
    sprite = cv2.resize(portrait.at(yaw_deg, pitch_deg), (side, side), interpolation=cv2.INTER_AREA)
    paste_sprite(image, sprite, (WIDE - side) // 2, (HIGH - side) // 2)
    return image


def find_face(detector, image, face_px):
    """Return the face around the drawn eyes, or None."""
    for face in detector.faces(image):
        inside = face.box[0] < WIDE / 2 < face.box[2] and face.box[1] < HIGH / 2 < face.box[3]
        if inside and 0.6 < face.height_px / face_px < 1.6:
            return face
    return None


@pytest.mark.parametrize("face_px", [24, 40, 80])
@pytest.mark.parametrize("yaw_deg", [0, -25, 45])
def test_nearly_every_face_is_found(detector, portraits, yaw_deg, face_px):
    faces = [find_face(detector, picture(one, yaw_deg, 0, face_px), face_px) for one in portraits]
    assert sum(face is not None for face in faces) >= PEOPLE - 1


def test_the_yaw_of_a_drawn_head_is_measured(detector, portraits):
    pose = load_pose()
    errors_deg = {}
    for yaw_deg in (-45, -20, 0, 20, 45):
        for number, portrait in enumerate(portraits):
            image = picture(portrait, yaw_deg, 0, 64)
            face = find_face(detector, image, 64)
            if face is not None:
                (head,) = pose.poses(image, [face])
                errors_deg[number, yaw_deg] = abs(head.yaw_deg - yaw_deg)
    assert len(errors_deg) > 24
    assert np.median(list(errors_deg.values())) < 6
    assert np.quantile(list(errors_deg.values()), 0.9) < 15


def test_a_lowered_head_is_measured_as_lowered(detector, portraits):
    pose = load_pose()
    pitches = {}
    for pitch_deg in (0, -42):
        images = [picture(portrait, 0, pitch_deg, 64) for portrait in portraits]
        faces = [(image, find_face(detector, image, 64)) for image in images]
        heads = [pose.poses(image, [face])[0] for image, face in faces if face]
        pitches[pitch_deg] = [head.pitch_deg for head in heads]
    assert np.median(np.abs(pitches[0])) < 12
    assert np.median(pitches[-42]) < -20
