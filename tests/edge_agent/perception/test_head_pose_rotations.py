"""A network that gives a rotation matrix is read with our signs, for every turn of the head."""

import hashlib

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge_agent.perception.attention import gaze_from_angles
from edge_agent.perception.face_detector import Face
from edge_agent.perception.head_pose import (
    OnnxPoseEstimator,
    load_pose,
    normalize_imagenet,
    read_rotations,
)
from edge_agent.perception.inference import open_session
from edge_agent.perception.model_errors import LicenceError, ModelError
from edge_agent.settings.perception import AttentionSettings
from models.cards import write_card
from models.registry import read_manifest

NUMBERS = {"sigma_deg": 6.4}
PICTURE = np.full((80, 100, 3), 127, np.uint8)


def turned(yaw_deg, pitch_deg, roll_deg):
    """A head turned by its pitch, then its yaw, then its roll, yaw positive to the right."""
    x, y, z = np.radians([pitch_deg, -yaw_deg, roll_deg])
    about_x = [[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]
    about_y = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    about_z = [[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]]
    return np.asarray(about_z) @ np.asarray(about_y) @ np.asarray(about_x)


def read(*matrices):
    return read_rotations(np.asarray(matrices, np.float32), NUMBERS)


def test_drawn_rotations_are_read_as_they_were_drawn():
    rng = np.random.default_rng(7)
    angles = rng.uniform((-85, -175, -175), (85, 175, 175), (200, 3))
    rows = read(*(turned(*one) for one in angles))
    assert rows[:, :3] == pytest.approx(angles, abs=0.01)
    assert np.exp(rows[:, 3:]) == pytest.approx(6.4)


@pytest.mark.parametrize("yaw_deg", [-90, 90])
@pytest.mark.parametrize("pitch_deg", [-20, 0, 35])
def test_a_head_turned_by_a_right_angle_has_no_roll(yaw_deg, pitch_deg):
    exact = np.round(turned(yaw_deg, 0, 0), 12) @ turned(0, pitch_deg, 0)
    exact[:2, 0] = 0.0
    (row,) = read(exact)
    assert row[:3] == pytest.approx([yaw_deg, pitch_deg, 0], abs=0.05)


def test_a_value_that_is_no_number_gives_no_attention():
    (row,) = read(np.full((3, 3), np.nan))
    assert np.isnan(row[:3]).all()


def test_pixels_are_turned_around_and_centred_as_the_network_was_taught():
    blue = np.zeros((1, 3, 1, 1), np.float32)
    blue[0, 0] = 255
    red, green, last = normalize_imagenet(blue)[0, :, 0, 0]
    assert (red, green) == pytest.approx((-0.485 / 0.229, -0.456 / 0.224), abs=1e-5)
    assert last == pytest.approx((1 - 0.406) / 0.225, abs=1e-5)


def network(matrix):
    """An ONNX file for one face that gives `matrix` for every picture."""
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["zero", "matrix"], ["rotation_matrix"]),
    ]
    kept = [
        numpy_helper.from_array(np.zeros(1, np.float32), "nothing"),
        numpy_helper.from_array(np.asarray(matrix, np.float32)[None], "matrix"),
    ]
    sees = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 224, 224])
    output = helper.make_tensor_value_info("rotation_matrix", TensorProto.FLOAT, [1, 3, 3])
    graph = helper.make_graph(nodes, "one rotation", [sees], [output], kept)
    opset = [helper.make_opsetid("", 13)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


@pytest.fixture
def folder(tmp_path):
    """The listed network's card beside a file that gives 25 degrees right, 10 down, 5 clockwise."""
    content = network(turned(25, -10, 5))
    onnx.checker.check_model(onnx.load_from_string(content))
    listed = read_manifest()["6drepnet-resnet18"].card
    digest = hashlib.sha256(content).hexdigest()
    (tmp_path / listed.file).write_bytes(content)
    write_card(tmp_path / f"{listed.name}.json", msgspec.structs.replace(listed, sha256=digest))
    return tmp_path


def test_the_agent_runs_it_by_its_name_one_face_after_the_other(folder):
    estimator = load_pose("6drepnet-resnet18", folders=[folder], accept_research=True)
    faces = [Face((x, 10.0, x + 40, 60.0), 0.9, np.zeros((5, 2), np.float32)) for x in (0.0, 50.0)]
    poses = estimator.poses(PICTURE, faces)
    assert len(poses) == 2
    for pose in poses:
        angles = (pose.yaw_deg, pose.pitch_deg, pose.roll_deg)
        assert angles == pytest.approx((25, -10, 5), abs=0.01)
        assert pose.sigma_deg == pytest.approx(6.4)
    assert estimator.poses(PICTURE, []) == []
    assert gaze_from_angles(poses[0], AttentionSettings()).looking < 0.3


def test_its_licence_has_to_be_accepted(folder):
    with pytest.raises(LicenceError, match="research"):
        load_pose("6drepnet-resnet18", folders=[folder])


def test_an_unknown_output_layout_is_rejected(folder):
    session = open_session("6drepnet-resnet18", folders=[folder], accept_research=True)
    card = msgspec.structs.replace(session.card, layout="quaternions")
    with pytest.raises(ModelError, match="rotation-matrix"):
        OnnxPoseEstimator(type(session)(card, None))
