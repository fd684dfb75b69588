"""The band of a forecast by the errors of the same model in past weeks, worked out by hand."""

from datetime import date

import numpy as np
import pytest

from cloud.forecast.intervals.conformal import (
    LEAN,
    NO_MISSES,
    add_conformal_band,
    compute_band,
    compute_bins,
    compute_offset,
    mark_weekend,
)
from cloud.forecast.series import WEEK_H

MONDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 27)
BINS = compute_bins(MONDAY)


def test_hours_are_grouped_by_part_of_the_day_and_kind_of_day():
    assert mark_weekend(FRIDAY).tolist() == [False, True, True, False, False, False, False]
    # 0-6, 6-10, 10-16, 16-20, 20-24 of a weekday, then of a weekend
    day = [0] * 6 + [1] * 4 + [2] * 6 + [3] * 4 + [4] * 4
    assert BINS[:24].tolist() == day
    assert BINS[-24:].tolist() == [bin_of_hour + 5 for bin_of_hour in day]
    assert compute_bins(FRIDAY)[24:48].tolist() == BINS[-24:].tolist()


@pytest.mark.parametrize(
    ("forecasts", "offset"),
    [
        ([10.0, 30.0], 2.0),
        ([10.0, np.nan, 30.0], 2.0),
        ([0.0, 0.0], 0.001),
        ([np.nan], 0.001),
    ],
)
def test_the_offset_is_a_tenth_of_the_mean_and_never_zero(forecasts: list[float], offset: float):
    assert compute_offset(np.array([forecasts])).tolist() == [[pytest.approx(offset)]]


def test_without_a_past_error_the_band_is_the_default():
    band = compute_band(np.full((1, 3, WEEK_H), np.nan), BINS)

    assert band.shape == (1, 2, WEEK_H)
    assert band[0, :, 0].tolist() == band[0, :, 100].tolist() == list(NO_MISSES)


def test_the_errors_of_a_bin_are_weighted_by_their_number_against_all_errors():
    misses = np.zeros((1, 1, WEEK_H))
    mornings = BINS == 1  # 5 weekdays of 4 hours
    misses[0, 0, mornings] = 1.0
    band = compute_band(misses, BINS)[0]

    # 20 of 168 errors are 1: P10 and P90 of all are 0 and 1, those of the mornings 1 and 1
    trust = 20 / (20 + LEAN)
    assert band[:, mornings][:, 0].tolist() == pytest.approx([trust, 1])
    others = 30 / (30 + LEAN)  # the bin from 0 to 6 has 30 errors of 0
    assert band[:, 0].tolist() == pytest.approx([0, 1 - others])


def test_a_bin_without_an_error_has_the_band_of_all_errors():
    misses = np.full((1, 1, WEEK_H), 0.5)
    misses[0, 0, BINS == 9] = np.nan

    assert compute_band(misses, BINS)[0].ravel() == pytest.approx(np.full(2 * WEEK_H, 0.5))


def test_the_quantiles_of_errors_are_linear_between_them():
    misses = np.full((1, 1, WEEK_H), np.nan)
    night = np.flatnonzero(BINS == 0)[:11]
    misses[0, 0, night] = np.arange(11.0)
    band = compute_band(misses, BINS)[0]

    assert band[:, 0].tolist() == pytest.approx([1, 9])
    misses[0, 0, night[10]] = np.nan  # 0 to 9: rank 0.9 and 8.1
    assert compute_band(misses, BINS)[0][:, 0].tolist() == pytest.approx([0.9, 8.1])


def repeat_last(weeks: np.ndarray) -> np.ndarray:
    """A model that repeats the last week: the forecasts after each week."""
    return weeks


def test_a_model_that_was_always_right_has_no_band():
    right = np.full((1, 4, WEEK_H), 100.0)
    found = add_conformal_band(right, repeat_last, first_on=MONDAY)
    assert found.shape == (1, 3, WEEK_H)
    assert found.ravel() == pytest.approx(np.full(3 * WEEK_H, 100))


def test_a_model_that_was_always_low_is_corrected_by_its_error():
    growing = 100.0 * 1.1 ** np.arange(4)[None, :, None] * np.ones(WEEK_H)
    found = add_conformal_band(growing, repeat_last, first_on=MONDAY)

    # each error was 10 of 100 + 10; scaled by 133.1 + 13.31 it is 13.31; the values are in order
    assert found[0, :, 0].tolist() == pytest.approx([133.1, 146.41, 146.41])


def test_an_hour_without_a_forecast_has_no_band_and_none_is_below_zero():
    weeks = np.tile(np.array([100.0, 0.0, 100.0, 0.0, 1.0])[None, :, None], (1, 1, WEEK_H))
    weeks[:, :, 7] = np.nan
    found = add_conformal_band(weeks, repeat_last, first_on=MONDAY)

    assert np.isnan(found[0, :, 7]).all()
    assert np.isfinite(found[0]).all(axis=0).sum() == WEEK_H - 1
    assert np.nanmin(found) == 0
