"""The camera's own networks see drawn faces, and read their turn as it was drawn."""

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
SCORE = 0.3  # as low as the tracker goes on with a face once it has begun


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
    """One head before a wall, its eyes in the middle."""
    wall = np.random.default_rng(1).integers(90, 170, (12, 20, 3)).astype(np.uint8)
    image = cv2.resize(wall, (WIDE, HIGH), interpolation=cv2.INTER_CUBIC)
    side = round(SIDE_PX * face_px / FACE_CM / PX_PER_CM)
    sprite = cv2.resize(portrait.at(yaw_deg, pitch_deg), (side, side), interpolation=cv2.INTER_AREA)
    paste_sprite(image, sprite, (WIDE - side) // 2, (HIGH - side) // 2)
    return image


def found(detector, image, face_px):
    """The face between whose edges the drawn eyes lie, or None."""
    for face in detector.faces(image):
        inside = face.box[0] < WIDE / 2 < face.box[2] and face.box[1] < HIGH / 2 < face.box[3]
        if inside and 0.6 < face.height_px / face_px < 1.6:
            return face
    return None


@pytest.mark.parametrize("face_px", [24, 40, 80])
@pytest.mark.parametrize("yaw_deg", [0, -25, 45])
def test_nearly_every_face_is_found(detector, portraits, yaw_deg, face_px):
    seen = [found(detector, picture(one, yaw_deg, 0, face_px), face_px) for one in portraits]
    assert sum(face is not None for face in seen) >= PEOPLE - 1


def test_the_turn_of_a_head_is_read_as_it_was_drawn(detector, portraits):
    pose = load_pose()
    misread = {}
    for yaw_deg in (-45, -20, 0, 20, 45):
        for number, portrait in enumerate(portraits):
            image = picture(portrait, yaw_deg, 0, 64)
            face = found(detector, image, 64)
            if face is not None:
                (head,) = pose.poses(image, [face])
                misread[number, yaw_deg] = abs(head.yaw_deg - yaw_deg)
    assert len(misread) > 24
    assert np.median(list(misread.values())) < 6
    assert np.quantile(list(misread.values()), 0.9) < 15


def test_a_lowered_head_is_not_taken_for_one_that_looks(detector, portraits):
    pose = load_pose()
    pitches = {}
    for pitch_deg in (0, -42):
        images = [picture(portrait, 0, pitch_deg, 64) for portrait in portraits]
        faces = [(image, found(detector, image, 64)) for image in images]
        heads = [pose.poses(image, [face])[0] for image, face in faces if face]
        pitches[pitch_deg] = [head.pitch_deg for head in heads]
    assert np.median(np.abs(pitches[0])) < 12
    assert np.median(pitches[-42]) < -20
