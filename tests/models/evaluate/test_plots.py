"""Drawings are files that show what the JSON says."""

import json

import cv2
import numpy as np
import pytest
from skimage import data

from models.__main__ import main
from models.evaluate.calibration import expected_error, reliability
from models.evaluate.plots import confusion


def test_half_of_what_is_said_at_one_half_comes_true():
    said, true, counts = reliability(np.full(10, 0.55), np.arange(10) % 2 == 0)
    assert (said[0], true[0], counts[0]) == (pytest.approx(0.55), pytest.approx(0.5), 10)
    assert expected_error(np.full(10, 0.55), np.arange(10) % 2 == 0) == pytest.approx(0.05)
    assert expected_error(np.ones(4), np.zeros(4, bool)) == 1.0


def test_a_confusion_is_drawn(tmp_path):
    truth, guess = np.asarray([0, 0, 1]), np.asarray([0, 1, 1])
    path = confusion(tmp_path / "new", "gaze", truth, guess, ("away", "looking"))
    assert path.name == "confusion-gaze.png"
    picture = cv2.imread(str(path))
    assert picture.std() > 10


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "a.png"), data.astronaut()[:, :, ::-1])
    (tmp_path / "boxes.csv").write_text("image,x1,y1,x2,y2\na.png,182,66,264,172\n")
    command = ["evaluate", "detection", "--boxes", str(tmp_path / "boxes.csv")]
    command += ["--images", str(tmp_path), "--detector", "onlooker-face", "--input-px", "320"]
    assert main([*command, "--plot", str(tmp_path / "a.png")]) == 2
    assert "that this user may read and write" in capsys.readouterr().err


def test_an_evaluation_draws_beside_its_figures(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "a.png"), data.astronaut()[:, :, ::-1])
    (tmp_path / "boxes.csv").write_text("image,x1,y1,x2,y2\na.png,182,66,264,172\n")
    command = ["evaluate", "detection", "--boxes", str(tmp_path / "boxes.csv")]
    command += ["--images", str(tmp_path), "--detector", "onlooker-face", "--input-px", "320"]
    assert main([*command, "--plot", str(tmp_path / "plots")]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert 0 <= report["calibration_error"]["value"] <= 1
    drawn = {path.name for path in (tmp_path / "plots").iterdir()}
    assert drawn == {"precision-recall.png", "calibration-onlooker-face-320.png"}
