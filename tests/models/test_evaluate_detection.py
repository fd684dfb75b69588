"""A site measures a detector on its own pictures with one command."""

import json

import cv2
import numpy as np
import pytest
from skimage import data

from models.__main__ import main

# drawn by hand around the face of the astronaut's portrait
FACE = (182, 66, 264, 172)


@pytest.fixture
def pictures(tmp_path):
    """The astronaut, and a wall without anybody."""
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


def test_a_missing_picture_is_a_sentence(pictures, capsys):
    (pictures / "astronaut.png").unlink()
    status, printed = evaluate(pictures, capsys)
    assert status == 2
    assert "take its line out of the labels" in printed.err


def test_an_unknown_detector_is_a_sentence(pictures, capsys):
    boxes = ["--boxes", str(pictures / "boxes.csv"), "--images", str(pictures)]
    assert main(["evaluate", "detection", *boxes, "--detector", "yolo-next"]) == 2
    assert "wanted one of" in capsys.readouterr().err
