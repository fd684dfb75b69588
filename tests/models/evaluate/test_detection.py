"""A site measures a detector on its own pictures with one command."""

import hashlib
import json

import cv2
import msgspec
import numpy as np
import pytest
from skimage import data

from edge_agent.perception.model_cards import WEIGHTS, read_card
from models.__main__ import main

# measured by hand around the face of the astronaut's portrait
FACE = (182, 66, 264, 172)


@pytest.fixture
def pictures(tmp_path):
    """A portrait with one labelled face."""
    portrait = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    cv2.imwrite(str(tmp_path / "astronaut.png"), portrait)
    (tmp_path / "boxes.csv").write_text(
        "image,x1,y1,x2,y2\nastronaut.png," + ",".join(str(edge) for edge in FACE) + "\n"
    )
    return tmp_path


def evaluate(folder, capsys, *options):
    boxes = ["--boxes", str(folder / "boxes.csv"), "--images", str(folder)]
    status = main(["evaluate", "detection", *boxes, "--detector", "onlooker-face", *options])
    return status, capsys.readouterr()


def test_the_answer_is_json_with_figures_and_intervals(pictures, capsys):
    status, printed = evaluate(pictures, capsys, "--input-px", "320")
    assert status == 0
    (report,) = json.loads(printed.out)
    assert report["detector"] == "onlooker-face"
    assert report["input_px"] == 320
    assert report["from_32_px"]["recall"]["value"] == 1.0
    assert report["from_32_px"]["average_precision"]["value"] == pytest.approx(1.0)


def test_a_missing_picture_is_refused(pictures, capsys):
    (pictures / "astronaut.png").unlink()
    status, printed = evaluate(pictures, capsys)
    assert status == 2
    assert "take its line out of the labels" in printed.err


def test_an_unknown_detector_is_refused(pictures, capsys):
    boxes = ["--boxes", str(pictures / "boxes.csv"), "--images", str(pictures)]
    assert main(["evaluate", "detection", *boxes, "--detector", "yolo-next"]) == 2
    assert "one of onlooker-attention" in capsys.readouterr().err


def test_without_a_name_all_installed_detectors_are_measured(pictures, capsys, caplog):
    boxes = ["--boxes", str(pictures / "boxes.csv"), "--images", str(pictures)]
    assert main(["evaluate", "detection", *boxes, "--input-px", "320"]) == 0
    reports = json.loads(capsys.readouterr().out)
    assert "onlooker-face" in {report["detector"] for report in reports}
    if len(reports) == 1:
        assert "python -m models fetch yunet-s" in caplog.text


@pytest.fixture
def fixed(tmp_path, monkeypatch):
    """Our own detector as a network that takes pictures of 640 px only."""
    onnx = pytest.importorskip("onnx")
    card = read_card(WEIGHTS / "onlooker-face.json")
    network = onnx.load(WEIGHTS / card.file)
    for axis, size in zip((2, 3), (640, 640), strict=True):
        network.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = size
    content = network.SerializeToString()
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "fixed.onnx").write_bytes(content)
    port = msgspec.structs.replace(card.inputs[0], shape=[1, 3, 640, 640])
    card = msgspec.structs.replace(
        card, name="fixed", file="fixed.onnx", inputs=[port], bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    (folder / "fixed.json").write_bytes(msgspec.json.encode(card))
    monkeypatch.setattr("models.cli.folders.FOLDERS", (folder, WEIGHTS))
    return "fixed"


@pytest.mark.parametrize("sizes", [["320"], ["320", "640"], ["640"], []])
def test_a_network_of_one_size_is_reported_at_that_size_and_once(pictures, capsys, fixed, sizes):
    options = [word for size in sizes for word in ("--input-px", size)]
    boxes = ["--boxes", str(pictures / "boxes.csv"), "--images", str(pictures)]
    assert main(["evaluate", "detection", *boxes, "--detector", fixed, *options]) == 0
    reports = json.loads(capsys.readouterr().out)
    assert [report["input_px"] for report in reports] == [640]
