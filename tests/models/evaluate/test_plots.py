"""Plots are written as PNG files beside the figures."""

import json

import cv2
import numpy as np
from skimage import data

from models.__main__ import main
from models.evaluate.plots import confusion


def test_a_confusion_is_drawn(tmp_path):
    truth, guess = np.asarray([0, 0, 1]), np.asarray([0, 1, 1])
    path = confusion(tmp_path / "new", "gaze", truth, guess, ("away", "looking"))
    assert path.name == "confusion-gaze.png"
    picture = cv2.imread(str(path))
    assert picture.std() > 10


def test_a_folder_that_cannot_be_created_is_refused(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "a.png"), data.astronaut()[:, :, ::-1])
    (tmp_path / "boxes.csv").write_text("image,x1,y1,x2,y2\na.png,182,66,264,172\n")
    command = ["evaluate", "detection", "--boxes", str(tmp_path / "boxes.csv")]
    command += ["--images", str(tmp_path), "--detector", "onlooker-face", "--input-px", "320"]
    assert main([*command, "--plot", str(tmp_path / "a.png")]) == 2
    assert "that this user may read and write" in capsys.readouterr().err


def test_an_evaluation_writes_its_plots(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "a.png"), data.astronaut()[:, :, ::-1])
    (tmp_path / "boxes.csv").write_text("image,x1,y1,x2,y2\na.png,182,66,264,172\n")
    command = ["evaluate", "detection", "--boxes", str(tmp_path / "boxes.csv")]
    command += ["--images", str(tmp_path), "--detector", "onlooker-face", "--input-px", "320"]
    assert main([*command, "--plot", str(tmp_path / "plots")]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert 0 <= report["calibration_error"]["value"] <= 1
    drawn = {path.name for path in (tmp_path / "plots").iterdir()}
    assert drawn == {"precision-recall.png", "calibration-onlooker-face-320.png"}
