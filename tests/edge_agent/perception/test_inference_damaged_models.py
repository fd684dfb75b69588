"""A damaged network file, card or picture gives an error with a reason, never a crash."""

import hashlib
import shutil
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from PIL import Image

from edge_agent.perception.demographics import (
    Demographics,
    DemographicsEstimator,
    demographics_estimator_for,
)
from edge_agent.perception.face_detector import Face, load_detector
from edge_agent.perception.face_verifier import FaceVerifier
from edge_agent.perception.head_pose import HeadPose, load_pose
from edge_agent.perception.image_crops import ImageError
from edge_agent.perception.inference import open_session
from edge_agent.perception.model_cards import WEIGHTS, read_card
from edge_agent.perception.model_errors import (
    CardError,
    ChecksumError,
    ModelFormatError,
    ModelMissingError,
)
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.perception import ModelSettings
from edge_agent.settings.privacy import PrivacySettings
from models.cards import write_card
from models.datasets.pictures_on_disk import read_image

RESEARCH = Path(__file__).resolve().parents[3] / "models" / "weights" / "research"
NETWORKS = {
    "onlooker-face": WEIGHTS,
    "onlooker-face-check": WEIGHTS,
    "onlooker-attention": WEIGHTS,
    "onlooker-demographics": RESEARCH,
    "onlooker-emotion": RESEARCH,
}


def start(folder, name):
    """Open what the agent would open to use this network, from `folder`."""
    if name.startswith("onlooker-face"):
        return load_detector(folder / "onlooker-face.json", input_px=320)
    if name == "onlooker-attention":
        return load_pose(folder / f"{name}.json")
    chosen = {"demographics": name.endswith("demographics"), "emotion": name.endswith("emotion")}
    privacy = PrivacySettings(accept_research_licence=True, **chosen)
    models = ModelSettings(folders=(str(folder),))
    return demographics_estimator_for(Settings(privacy=privacy, models=models))


def resealed(folder, name, content):
    """Put this content in the file's place, and its checksum on the card."""
    card = read_card(folder / f"{name}.json")
    (folder / card.file).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    write_card(
        folder / f"{name}.json", msgspec.structs.replace(card, sha256=digest, bytes=len(content))
    )


@pytest.fixture(params=NETWORKS)
def damaged(request, tmp_path):
    """A folder with every network, and the one that a test may damage."""
    for name, home in NETWORKS.items():
        for suffix in (".json", ".onnx"):
            shutil.copy(home / f"{name}{suffix}", tmp_path)
    return tmp_path, request.param


def test_unchanged_models_start(damaged):
    assert start(*damaged)


def test_a_changed_byte_is_a_checksum_error(damaged):
    folder, name = damaged
    file = folder / f"{name}.onnx"
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 4
    file.write_bytes(content)
    with pytest.raises(ChecksumError, match=f"{name}.onnx.*restore the file"):
        start(folder, name)


def test_a_truncated_file_is_an_error_even_if_its_card_matches(damaged):
    folder, name = damaged
    half = (folder / f"{name}.onnx").read_bytes()[:100_000]
    (folder / f"{name}.onnx").write_bytes(half)
    with pytest.raises(ChecksumError, match="100000 bytes"):
        start(folder, name)
    resealed(folder, name, half)
    with pytest.raises(ModelFormatError, match="restore the file"):
        start(folder, name)


@pytest.mark.parametrize("content", [b"", b"\x00" * 4096, b"<html>not found</html>"])
def test_a_file_that_is_no_network_is_a_format_error(damaged, content):
    resealed(*damaged, content)
    with pytest.raises(ModelFormatError, match="expected an ONNX network"):
        start(*damaged)


def test_a_later_operator_set_is_an_error_with_or_without_the_card(damaged):
    folder, name = damaged
    network = onnx.load(folder / f"{name}.onnx")
    network.opset_import[0].version = 99
    resealed(folder, name, network.SerializeToString())
    with pytest.raises(ModelFormatError, match="runtime cannot open"):
        start(folder, name)
    card = read_card(folder / f"{name}.json")
    write_card(folder / f"{name}.json", msgspec.structs.replace(card, opset=99))
    with pytest.raises(ModelFormatError, match="operator set 99"):
        start(folder, name)


def test_a_missing_file_is_an_error(damaged):
    folder, name = damaged
    (folder / f"{name}.onnx").unlink()
    with pytest.raises(ModelMissingError, match="restore it"):
        start(folder, name)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("onlooker-face", {"thresholds": {"overlap": 0.4}}, "without 'score'"),
        ("onlooker-face-check", {"calibration": {}}, "without 'crop_margin'"),
        ("onlooker-attention", {"calibration": {}}, "without 'crop_margin'"),
        ("onlooker-attention", {"side": "side"}, "fixed height"),
        ("onlooker-emotion", {"side": "side"}, "fixed height"),
    ],
)
def test_a_card_that_lacks_a_number_is_an_error(tmp_path, name, change, words):
    for one, home in NETWORKS.items():
        for suffix in (".json", ".onnx"):
            shutil.copy(home / f"{one}{suffix}", tmp_path)
    card = read_card(tmp_path / f"{name}.json")
    if "side" in change:
        port = card.inputs[0]
        change = {"inputs": [msgspec.structs.replace(port, shape=["n", 3, "side", "side"])]}
    write_card(tmp_path / f"{name}.json", msgspec.structs.replace(card, **change))
    with pytest.raises(CardError, match=words):
        start(tmp_path, name)


def test_outputs_of_another_layout_are_an_error_when_loaded(tmp_path):
    shutil.copy(WEIGHTS / "onlooker-face-check.onnx", tmp_path / "onlooker-attention.onnx")
    other = read_card(WEIGHTS / "onlooker-face-check.json")
    card = read_card(WEIGHTS / "onlooker-attention.json")
    card = msgspec.structs.replace(
        card, inputs=other.inputs, outputs=other.outputs, sha256=other.sha256, bytes=other.bytes
    )
    with pytest.raises(ModelFormatError, match="onlooker-pose"):
        load_pose(write_card(tmp_path / "onlooker-attention.json", card))


@pytest.fixture(scope="module")
def looks():
    """Each network as it is asked: a picture in, an answer out."""
    detector, pose = load_detector(input_px=320), load_pose()
    second = FaceVerifier(open_session("onlooker-face-check"))
    chosen = PrivacySettings(demographics=True, emotion=True, accept_research_licence=True)
    models = ModelSettings(folders=(str(RESEARCH),))
    describer = demographics_estimator_for(Settings(privacy=chosen, models=models))
    assert isinstance(describer, DemographicsEstimator)

    def described(picture):
        box = (0.0, 0.0, 60.0, 60.0)
        describer.offer(1, picture, box, HeadPose(0.0, 0.0, 0.0, 4.0))
        return [describer.estimate(1)]

    face = Face((0.0, 0.0, 60.0, 60.0), 0.9, np.zeros((5, 2), np.float32))
    return {
        "detector": detector.faces,
        "second look": lambda picture: second.probabilities(picture, np.asarray([face.box])),
        "attention": lambda picture: pose.poses(picture, [face]),
        "demographics": described,
    }


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (4000, 5000)], ids=["dot", "line", "20 MP"])
def test_a_picture_of_any_size_has_an_answer(looks, size):
    picture = np.full((*size, 3), 127, np.uint8)
    assert looks["detector"](picture) == []
    (sure,) = looks["second look"](picture)
    assert sure < 0.5
    (pose,) = looks["attention"](picture)
    assert np.isfinite([pose.yaw_deg, pose.pitch_deg, pose.sigma_deg]).all()
    (found,) = looks["demographics"](picture)
    assert isinstance(found, Demographics)


@pytest.mark.parametrize("network", ["detector", "second look", "attention", "demographics"])
@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros((0, 0, 3), np.uint8), "at least"),
        (np.zeros((80, 80, 3), np.uint16), "uint16"),
        (np.zeros((80, 80, 5), np.uint8), "5 channels"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(looks, network, picture, words):
    with pytest.raises(ImageError, match=words):
        looks[network](picture)


@pytest.mark.parametrize(("mode", "suffix"), [("CMYK", "jpg"), ("I;16", "png"), ("RGB", "jpg")])
def test_files_of_every_kind_reach_every_network(looks, tmp_path, mode, suffix):
    side = (5000, 4000) if mode == "RGB" else (80, 70)
    Image.new(mode, side).save(tmp_path / f"picture.{suffix}")
    picture = read_image(tmp_path / f"picture.{suffix}")
    assert picture.shape == (side[1], side[0], 3)
    assert looks["detector"](picture) == []
    assert len(looks["second look"](picture)) == len(looks["attention"](picture)) == 1
