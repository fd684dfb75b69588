"""Attention is measured against labelled crops, person by person, and on labelled videos."""

import csv

import cv2
import numpy as np
import pytest
from PIL import Image

from edge_agent.perception.head_pose import HeadPose
from models.datasets.picture import DatasetError
from models.datasets.table import LabelTableError
from models.evaluate.attention import crop_figures, judge_crops, video_figures


class Oracle:
    """Reads the angles from the picture's first pixels, where the test has hidden them."""

    name, version = "oracle", "1"

    def __init__(self, bias_deg=0.0):
        self.bias_deg = bias_deg

    def poses(self, image, faces):
        yaw, pitch = float(image[0, 0, 0]) - 128, float(image[0, 0, 1]) - 128
        return [HeadPose(yaw + self.bias_deg, pitch, 0.0, 5.0) for _ in faces]


@pytest.fixture
def crops(tmp_path):
    """Six crops of three people; the table's yaw is positive to the left of the picture."""
    angles = [(0, 0), (25, 0), (-10, 5), (0, 30), (19, -19), (40, 10)]
    with (tmp_path / "labels.csv").open("w", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["file", "person", "yaw", "pitch_up", "roll"])
        for index, (yaw, pitch) in enumerate(angles):
            image = np.zeros((96, 96, 3), np.uint8)
            image[:8, :8] = (128 + yaw, 128 + pitch, 0)
            cv2.imwrite(str(tmp_path / f"{index}.png"), image)
            table.writerow([f"{index}.png", f"person {index // 2}", -yaw, pitch, 0])
    return tmp_path


def test_predictions_equal_to_the_truth_score_perfectly(crops):
    report = crop_figures(Oracle(), judge_crops(Oracle(), crops / "labels.csv", crops))
    assert report["f1"]["value"] == 1.0
    assert report["yaw_mae_deg"]["value"] == 0.0
    assert (report["crops"], report["persons"]) == (6, 3)


def test_a_biased_prediction_is_detected(crops):
    biased = Oracle(bias_deg=15)
    report = crop_figures(biased, judge_crops(biased, crops / "labels.csv", crops))
    assert report["yaw_mae_deg"]["value"] == pytest.approx(15)
    assert report["recall"]["value"] == pytest.approx(2 / 3, abs=1e-3)
    assert report["within_one_sigma"]["value"] == pytest.approx(0.5)


class LooksAhead:
    """Measures a frontal pose in every face."""

    name, version = "ahead", "1"

    def poses(self, image, faces):
        return [HeadPose(0.0, 0.0, 0.0, 5.0) for _ in faces]


@pytest.fixture
def label(tmp_path):
    """Writes labels of a clip of three frames, 64 px wide."""
    images = [Image.new("L", (64, 48), shade) for shade in (10, 90, 170)]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:])

    def label(*rows):
        table = tmp_path / "labels.csv"
        head = "video,frame,scale_w,x1,y1,x2,y2,facing_camera"
        table.write_text("\n".join([head, *(f"a.gif,{row}" for row in rows)]) + "\n")
        return video_figures(LooksAhead(), table, [tmp_path], limit_deg=20.0)

    return label


def test_the_labelled_faces_of_a_video_are_measured_and_those_without_a_label_are_not(label):
    box = "64,8,8,40,40"
    report = label(f"0,{box},1", f"1,{box},0", f"2,{box},1", f"2,{box},")
    assert report["a.gif"] == report["all"]
    assert report["all"] == {"precision": 0.6667, "recall": 1.0, "f1": 0.8, "faces": 3}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("3,64,8,8,40,40,1", "expected a frame of a.gif"),
        ("1.5,64,8,8,40,40,1", "expected a frame of a.gif"),
        ("-1,64,8,8,40,40,1", "expected a frame of a.gif"),
        ("1,0,8,8,40,40,1", "above 0, in scale_w"),
        ("1,64,8,8,40,40,yes", "one of 0, 1 in facing_camera"),
        ("1,64,40,8,8,40,1", "x1 below x2"),
    ],
)
def test_a_label_that_does_not_fit_the_video_is_refused_with_its_line(label, row, words):
    with pytest.raises(LabelTableError, match=f"line 2, .*{words}"):
        label(row)


def test_labels_of_a_missing_video_are_refused(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("video,frame,scale_w,x1,y1,x2,y2,facing_camera\nb.mp4,0,64,1,1,9,9,1\n")
    with pytest.raises(DatasetError, match=r"b\.mp4 in "):
        video_figures(LooksAhead(), table, [tmp_path], limit_deg=20.0)
    with pytest.raises(DatasetError, match=r"a line for other\.mp4"):
        video_figures(LooksAhead(), table, [tmp_path], limit_deg=20.0, only="other.mp4")
