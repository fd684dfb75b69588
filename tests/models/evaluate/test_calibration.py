"""Predicted probabilities against observed frequencies, in bins computed by hand."""

import numpy as np
import pytest

from models.evaluate.calibration import expected_error, reliability


def test_the_gap_of_one_bin_is_the_error():
    predicted, observed, counts = reliability(np.full(10, 0.55), np.arange(10) % 2 == 0)
    assert (predicted[0], observed[0], counts[0]) == (pytest.approx(0.55), pytest.approx(0.5), 10)
    assert expected_error(np.full(10, 0.55), np.arange(10) % 2 == 0) == pytest.approx(0.05)
    assert expected_error(np.ones(4), np.zeros(4, bool)) == 1.0


def test_bins_are_weighted_by_their_counts():
    #  bin   0.2 to 0.3, three times, none true    0.9 to 1.0, once, true
    probabilities, outcomes = np.asarray([0.25, 0.25, 0.25, 0.95]), np.asarray([0, 0, 0, 1], bool)
    predicted, observed, counts = reliability(probabilities, outcomes)
    assert predicted == pytest.approx([0.25, 0.95])
    assert observed.tolist() == [0, 1]
    assert counts.tolist() == [3, 1]
    assert expected_error(probabilities, outcomes) == pytest.approx((3 * 0.25 + 0.05) / 4)


def test_zero_and_one_are_in_the_first_and_in_the_last_bin():
    predicted, observed, counts = reliability(np.asarray([0.0, 1.0]), np.asarray([False, True]))
    assert predicted.tolist() == observed.tolist() == [0, 1]
    assert counts.tolist() == [1, 1]


def test_bins_without_cases_are_left_out():
    predicted, observed, counts = reliability(np.zeros(0), np.zeros(0, bool))
    assert len(predicted) == len(observed) == len(counts) == 0


def test_a_calibrated_model_has_a_small_error():
    rng = np.random.default_rng(6)
    probabilities = rng.random(20_000)
    outcomes = rng.random(20_000) < probabilities
    assert expected_error(probabilities, outcomes) < 0.015
    assert expected_error(probabilities**2, outcomes) > 0.1
