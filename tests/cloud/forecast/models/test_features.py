"""Features of a coming week, from the weeks before it alone; unknown values are NaN."""

from datetime import date, timedelta

import numpy as np
import pytest

from cloud.forecast.history.history_view import HistoryView
from cloud.forecast.models import signal_effects
from cloud.forecast.models.features import (
    LEAST_LEVEL,
    LOOK_BACK_W,
    WeekFeatures,
    build_week_features,
    compute_observed_share,
)
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.signals import SeriesSignals
from tests.cloud.forecast.models.station_series import MONDAY, WET_HOURS, footfall, rain, streets

WEDNESDAY = MONDAY + timedelta(weeks=30, days=2)
"""Of the week after thirty."""


def features_of(
    series: ClockSeries, holidays: frozenset[date] = frozenset(), *, earlier: int = 0
) -> WeekFeatures:
    """Of the coming week, or of one that many weeks earlier."""
    past = HistoryView.of(series, holidays, LOOK_BACK_W + earlier)
    return build_week_features(past, LOOK_BACK_W)


def column(week: WeekFeatures, name: str) -> np.ndarray:
    """One feature: (168, series)."""
    return week.features[:, :, week.names.index(name)]


def flat(*levels: float) -> ClockSeries:
    """One series of weeks in which every hour has the same value."""
    return ClockSeries(MONDAY, np.repeat(np.array(levels, dtype=float), WEEK_H)[None])


def test_without_signals_the_features_do_not_change():
    past = HistoryView.of(streets(wet=1, dry=1), frozenset(), LOOK_BACK_W)
    plain, with_signal = (
        build_week_features(past, LOOK_BACK_W, signals, names)
        for signals, names in (
            (None, ()),
            (
                signal_effects.compute_signal_effects(
                    past, SeriesSignals((rain(coming=True), None)), LOOK_BACK_W
                ),
                ("rain_mm",),
            ),
        )
    )

    assert set(with_signal.names) - set(plain.names) == {"moved", "signal_rain_mm"}
    assert plain.names[-1] == with_signal.names[-1] == "series"
    assert np.isnan(with_signal.features[:, 1, with_signal.names.index("signal_rain_mm")]).all()
    assert (with_signal.base[1] == plain.base[1]).all()
    assert 0.4 < with_signal.base[0, WET_HOURS].sum() / plain.base[0, WET_HOURS].sum() < 0.7


def test_no_later_week_changes_the_features_of_a_week():
    series = footfall(60)
    now = features_of(series.until(MONDAY + timedelta(weeks=40)))
    values = series.values.copy()
    values[:, 40 * WEEK_H :] = 1e6
    later = features_of(ClockSeries(MONDAY, values), earlier=20)

    assert now.names == later.names
    assert np.array_equal(now.features, later.features, equal_nan=True)
    assert (now.base == later.base).all()


def test_counts_are_divided_by_the_mean_hour_of_the_last_month():
    week = features_of(flat(*[50] * 4, 100, 100, 200, 200))

    assert week.scale.tolist() == [150]
    ratios = [column(week, f"{age}_weeks_ago")[5, 0] for age in (1, 2, 3, 4)]
    assert ratios == pytest.approx([200 / 150, 200 / 150, 100 / 150, 100 / 150])
    assert column(week, "median_8")[5, 0] == pytest.approx(75 / 150)
    assert column(week, "week_to_week")[5, 0] == pytest.approx(1.0)
    assert column(week, "month_to_month")[5, 0] == pytest.approx(3.0)


def test_a_site_without_visitors_has_the_least_level_and_one_without_observations_none():
    assert features_of(flat(*[0] * 30)).scale.tolist() == [LEAST_LEVEL]
    assert np.isnan(features_of(flat(*[np.nan] * 30)).scale).all()


def test_a_coming_holiday_has_the_features_of_sunday_and_marks_its_neighbours():
    week = features_of(footfall(30), frozenset({WEDNESDAY}))
    last = column(week, "1_weeks_ago")

    assert (last[48:72] == last[-24:]).all()
    assert (last[24:48] != last[-24:]).any()
    noon = np.arange(7) * 24 + 12
    assert column(week, "holiday")[noon, 0].tolist() == [0, 0, 1, 0, 0, 0, 0]
    assert column(week, "eve")[noon, 0].tolist() == [0, 1, 0, 0, 0, 0, 0]
    assert column(week, "day_after")[noon, 0].tolist() == [0, 0, 0, 1, 0, 0, 0]
    assert column(week, "days_to_holiday")[noon, 0].tolist() == [2, 1, 0, 10, 10, 10, 10]
    assert column(week, "weekday")[noon, 0].tolist() == list(range(7))
    assert column(week, "series")[0].tolist() == [0, 1]


def test_without_an_earlier_year_its_features_are_unknown():
    week = features_of(footfall(30))

    for name in ("year_week", "year_hour", "year_missed", "like_missed", "like_missed_day"):
        assert np.isnan(column(week, name)).all(), name
    assert np.isfinite(column(week, "profile")).all()


def test_the_share_of_the_last_month_is_of_the_hours_that_are_observed_at_all():
    weeks = np.full((4, 8, WEEK_H), np.nan)
    weeks[0] = 1
    weeks[1, :, :84] = 1  # by day only
    weeks[2] = 1
    weeks[2, -4:-2] = np.nan  # two of the last four weeks
    shares = compute_observed_share(weeks)

    assert shares.tolist() == [1, 1, 0.5, 0]


@pytest.mark.parametrize(("gap_w", "teaches"), [(1, True), (2, False)])
def test_a_week_after_a_long_gap_is_not_used_for_training(gap_w: int, teaches: bool):
    values = footfall(30).values.copy()
    values[0, -gap_w * WEEK_H :] = np.nan

    assert features_of(ClockSeries(MONDAY, values)).teaches.tolist() == [teaches, True]
