"""Quantiles, levels and the median profile of weeks; what was not observed never counts."""

from datetime import date

import numpy as np
import pytest

from cloud.forecast import weekly
from cloud.forecast.series import WEEK_H

MONDAY = date(2026, 11, 23)


def flat(*levels: float) -> np.ndarray:
    """Weeks of one series in which every hour has the same value: (1, weeks, 168)."""
    return np.array(levels)[None, :, None] * np.ones(WEEK_H)


@pytest.mark.parametrize("weeks", [1, 2, 3, 5, 8, 13, 16])
def test_quantiles_of_observed_weeks_are_those_of_numpy(weeks: int):
    chance = np.random.default_rng(weeks)
    values = chance.lognormal(3, 1, (2, weeks, 24))
    values[chance.random(values.shape) < 0.3] = np.nan
    values[:, 0] = 5.0  # every hour has one observation
    found = list(weekly.quantiles(values, 0.0, 0.1, 0.5, 0.9, 1.0))

    assert np.stack(found) == pytest.approx(
        np.nanquantile(values, [0.0, 0.1, 0.5, 0.9, 1.0], axis=1)
    )


def test_an_hour_without_an_observation_has_no_quantile():
    weeks = flat(1, 3)
    weeks[0, :, 5] = np.nan
    weeks[0, 1, 6] = np.nan
    found = weekly.quantile(weeks, 0.5)[0]

    assert found[4:8].tolist() == pytest.approx([2, np.nan, 1, 2], nan_ok=True)


def test_the_profile_has_the_shape_of_all_weeks_at_the_level_of_the_latest():
    shape = np.tile(np.arange(1.0, 25.0), 7)
    found = weekly.profile(np.array([100.0, 300.0])[None, :, None] * shape)

    # levels 0.5 and 1.5 of the median of 200; the latest counts twice as much: 3.5 / 3
    assert found[0] == pytest.approx(200 * (0.5 + 2 * 1.5) / 3 * shape)


def test_one_week_with_half_the_visitors_does_not_bend_the_shape():
    day = np.tile(np.arange(1.0, 25.0), 7)
    weeks = np.stack([day, 0.5 * day, day, day])[None]

    found = weekly.profile(weeks)[0]
    assert found / found[0] == pytest.approx(day)


@pytest.mark.parametrize(("hours", "has_level"), [(8, False), (9, True)])
def test_a_week_needs_a_twentieth_of_its_hours_for_a_level(hours: int, has_level: bool):
    weeks = flat(10, 20)
    weeks[0, 1, hours:] = np.nan
    found = weekly.levels(weeks, np.full((1, WEEK_H), 10.0))[0]

    assert found[0] == 1.0
    assert found[1] == pytest.approx(2.0 if has_level else np.nan, nan_ok=True)


def test_a_week_without_visitors_or_a_shape_of_zeros_has_no_level():
    assert np.isnan(weekly.levels(flat(0), np.ones((1, WEEK_H)))).all()
    assert np.isnan(weekly.levels(flat(5), np.zeros((1, WEEK_H)))).all()
    assert np.isnan(weekly.levels(flat(np.nan), np.ones((1, WEEK_H)))).all()


@pytest.mark.parametrize(
    ("levels", "recent"),
    [
        ((1.0, 2.0), 5 / 3),
        ((1.0, 2.0, np.nan), 5 / 3),  # the newest known level counts most
        ((3.0,), 3.0),
        ((np.nan, np.nan), 1.0),
        ((), 1.0),
    ],
)
def test_each_level_counts_half_as_much_as_the_next(levels: tuple[float, ...], recent: float):
    assert weekly.recent_level(np.array([levels])).tolist() == pytest.approx([recent])


def test_a_mean_leaves_out_missing_values_and_is_missing_without_any():
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan], [0.0, 0.0, np.nan]])

    assert weekly.mean(values, 1).tolist() == pytest.approx([2, np.nan, 0], nan_ok=True)
    assert weekly.mean(values, (0, 1)) == pytest.approx(1.0)


def test_windows_are_all_runs_of_weeks_oldest_first():
    found = weekly.windows(flat(1, 2, 3), 2)

    assert found.shape == (1, 2, 2, WEEK_H)
    assert found[0, :, :, 7].tolist() == [[1, 2], [2, 3]]


@pytest.mark.parametrize(
    ("first_on", "sunday"), [(MONDAY, 6), (date(2026, 11, 25), 4), (date(2026, 11, 29), 0)]
)
def test_a_holiday_has_the_hours_of_sunday_and_other_days_their_own(first_on: date, sunday: int):
    hours = np.arange(float(WEEK_H))
    found = weekly.as_sundays(hours, first_on, frozenset({first_on, date(2027, 1, 1)}))

    assert found[:24].tolist() == hours[sunday * 24 : sunday * 24 + 24].tolist()
    assert found[24:].tolist() == hours[24:].tolist()
