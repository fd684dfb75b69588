"""A temperature is fitted on half of the faces, and figures are of the other half."""

import numpy as np
import pytest

from models.datasets.labelled_faces import LabelledFaces
from models.evaluate.classes import (
    calibration_error,
    figures,
    fit_temperature,
    softmax,
    within_one,
)


def faces_of(truth, groups=None):
    images = np.zeros((len(truth), 64, 64, 3), np.uint8)
    names = groups or ("all",) * len(truth)
    return LabelledFaces(images, np.asarray(truth, np.int64)[:, None], tuple(names))


def overconfident(count=4000, right=0.7):
    """Predicts with 0.97 and is right seven times in ten."""
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, count)
    said = np.where(rng.random(count) < right, truth, (truth + 1) % 3)
    rows = np.zeros((count, 3), np.float32)
    rows[np.arange(count), said] = 4.2
    return rows, truth


def test_a_temperature_corrects_overconfidence():
    rows, truth = overconfident()
    assert calibration_error(softmax(rows), truth) > 0.2
    assert calibration_error(softmax(rows, fit_temperature(rows, truth)), truth) < 0.02


def test_only_the_other_half_is_measured():
    rows, truth = overconfident()
    report = figures(rows, faces_of(truth), 0, 1.0)
    assert report["exact"]["n"] == 2000
    assert report["exact"]["value"] == pytest.approx(0.7, abs=0.04)


def test_a_network_is_measured_at_the_temperature_of_its_card():
    rows, truth = overconfident()
    report = figures(rows, faces_of(truth), 0, 1.0)
    assert (report["temperature"], report["calibration_error"] > 0.2) == (1.0, True)
    assert report["refitted"]["calibration_error"] < 0.05
    corrected = figures(rows, faces_of(truth), 0, report["refitted"]["temperature"])
    assert corrected["calibration_error"] == pytest.approx(
        report["refitted"]["calibration_error"], abs=1e-3
    )


def test_a_temperature_is_measured_on_faces_that_it_was_not_fitted_to():
    rows, truth = overconfident()
    truth[1::2] = (truth[1::2] + 1) % 3  # the judged half is labelled otherwise
    assert figures(rows, faces_of(truth), 0, 1.0)["refitted"]["calibration_error"] > 0.2


def test_each_group_has_its_own_figure():
    rows, truth = overconfident(400)
    report = figures(rows, faces_of(truth, ["a", "a", "b", "b"] * 100), 0, 1.0)
    assert set(report["by_group"]) == {"a", "b"}


def test_neighbouring_age_groups_count_as_within_one():
    rows = 40 * np.eye(7, dtype=np.float32)[[0, 0, 1, 1, 2, 2]]
    assert within_one(rows, faces_of([0, 0, 0, 2, 6, 6]), 0)["value"] == pytest.approx(
        2 / 3, abs=1e-3
    )
