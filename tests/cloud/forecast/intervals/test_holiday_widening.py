"""Intervals widen near public holidays, and most between Christmas and New Year."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from cloud.forecast import venue_profiles
from cloud.forecast.backtesting.series_file import ReadOptions, read_series
from cloud.forecast.history.outliers import exclude_outliers
from cloud.forecast.intervals.holiday_widening import mark_year_end_hours
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import WEEK_H, ClockSeries, Floats
from cloud.sites.public_holidays import public_holidays

SHARED = Path(__file__).parents[5] / "shared/data/forecast"
COLUMNS = ("location_id", "ts_local", "count", "ok")
CHRISTMAS = frozenset({date(2024, 12, 25), date(2024, 12, 26), date(2025, 1, 1)})


def widths(first_on: date, holidays: frozenset[date], weeks: int) -> Floats:
    shape = np.tile(venue_profiles.build_week_shape(first_on), weeks)
    rough = np.random.default_rng(1).lognormal(0, 0.1, shape.size)
    history = ClockSeries(first_on - timedelta(weeks=weeks), (1000 * shape * rough)[None])
    week = Recent().week(history, holidays)
    return ((week[0, 2] - week[0, 0]) / week[0, 1]).reshape(7, 24)[:, 8:20].mean(axis=1)


def test_the_interval_grows_towards_a_holiday():
    # Monday 14 to Sunday 20 October 2024; Thursday is a holiday.
    monday = date(2024, 10, 14)
    plain = widths(monday, frozenset(), 30)
    near = widths(monday, frozenset({date(2024, 10, 17)}), 30)

    assert near[3] > 1.3 * plain[6]  # a holiday is a Sunday
    assert (near[[2, 4]] > 1.1 * plain[[2, 4]]).all()


def test_the_turn_of_the_year_is_widest_where_none_was_observed():
    # Both histories end at Christmas 2024; one has seen the two before.
    day = date(2024, 12, 24)
    before = frozenset(one - timedelta(days=366) for one in CHRISTMAS)
    none_known, one_known = (widths(day, CHRISTMAS | before, weeks) for weeks in (40, 90))

    assert (none_known > 1.1 * one_known).all()


@pytest.mark.parametrize(
    ("first_on", "holidays", "festive_days"),
    [
        (date(2024, 12, 22), CHRISTMAS, 5),
        (date(2024, 12, 22), frozenset[date](), 0),
        (date(2024, 10, 14), CHRISTMAS, 0),
    ],
)
def test_the_turn_of_the_year_is_known_by_the_calendar(
    first_on: date, holidays: frozenset[date], festive_days: int
):
    assert mark_year_end_hours(first_on, holidays).sum() == festive_days * 24


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the shared footfall data is not here")
@pytest.mark.parametrize(
    ("file", "zone", "code", "first_year"),
    [
        ("leeds_2009_2013.parquet", "Europe/London", "GB-ENG", 2012),
        ("melbourne_2012_2015.parquet", "Australia/Melbourne", "AU-VIC", 2013),
    ],
)
def test_recent_covers_eight_hours_of_ten_and_the_turn_of_the_year_too(
    file: str, zone: str, code: str, first_year: int
):
    # The years before were used to choose the widths.
    from zoneinfo import ZoneInfo

    pytest.importorskip("holidays")
    series = read_series(SHARED / file, ReadOptions(COLUMNS, zone=ZoneInfo(zone))).series
    holidays = public_holidays(code, series.first_on.year - 1, series.ends_on.year + 1)
    inside: dict[bool, list[bool]] = {True: [], False: []}
    first_on = date(first_year, 12 if code == "AU-VIC" else 1, 3)
    while first_on + timedelta(days=7) <= series.ends_on:
        history = exclude_outliers(series.until(first_on), holidays).series
        week = Recent().week(history, holidays)
        start = history.values.shape[1]
        truth = series.values[:, start : start + WEEK_H]
        inside_band = (week[:, 0] <= truth) & (truth <= week[:, 2])
        for day in range(7):
            on = first_on + timedelta(days=day)
            festive = (on.month, on.day) >= (12, 25) or (on.month, on.day) == (1, 1)
            hours = slice(day * 24, day * 24 + 24)
            inside[festive] += inside_band[:, hours][np.isfinite(truth[:, hours])].tolist()
        first_on += timedelta(days=8)

    assert 0.78 <= np.mean(inside[True] + inside[False]) <= 0.82
    assert 0.70 <= np.mean(inside[True]) <= 0.90
