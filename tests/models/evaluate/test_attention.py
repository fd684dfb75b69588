"""Attention is measured against labelled crops, person by person, and on labelled videos."""

import csv

import cv2
import numpy as np
import pytest

from edge_agent.perception.head_pose import HeadPose
from models.evaluate.attention import crop_figures, judge_crops


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
