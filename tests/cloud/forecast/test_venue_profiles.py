"""The assumed week of a kind of venue, and its level by the first measured hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.database import EPOCH
from cloud.forecast.history.hours import ObservedHours
from cloud.forecast.series import WEEK_H
from cloud.forecast.venue_profiles import (
    SATURDAY,
    SUNDAY,
    UNKNOWN_VENUE,
    VENUES,
    WEEKDAY,
    build_venue_week,
    build_week_shape,
    compute_venue_level,
    find_venue,
)

MONDAY = date(2026, 11, 23)
CONCOURSE = VENUES["10604"]
LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
SHAPE = build_week_shape(MONDAY)


def measured(*times: float, first_h: int = 8, share: float = 1.0) -> ObservedHours:
    """Hours of Monday from 08:00 in London, as multiples of the assumed counts."""
    first_s = int((datetime(2026, 11, 23, first_h, tzinfo=UTC) - EPOCH).total_seconds())
    starts_s = first_s + 3600 * np.arange(len(times))
    assumed = np.outer(CONCOURSE.mean, SHAPE[first_h : first_h + len(times)])
    return ObservedHours(starts_s, np.full(len(times), share), assumed * np.array(times))


@pytest.mark.parametrize(("days", "kind"), [(0, WEEKDAY), (5, SATURDAY), (6, SUNDAY)])
def test_a_week_starts_with_its_own_first_day_and_has_a_mean_of_one(days: int, kind: tuple):
    shape = build_week_shape(MONDAY + timedelta(days=days))

    assert shape.shape == (WEEK_H,)
    assert shape.mean() == pytest.approx(1)
    assert shape[:24] / shape[0] == pytest.approx(np.array(kind) / kind[0])


def test_an_unknown_venue_has_the_profile_of_a_public_place():
    assert find_venue("10604") is CONCOURSE
    assert find_venue("999999") is find_venue("") is UNKNOWN_VENUE


def test_the_people_in_view_are_arrivals_times_stay():
    # 1500 people an hour for 25 s each: 1500 * 25 / 3600 are there at any moment
    assert CONCOURSE.mean == pytest.approx((10.4167, 1500, 210, 600), rel=1e-4)
    week = build_venue_week(CONCOURSE, MONDAY)
    assert week.shape == (4, WEEK_H)
    assert week.mean(axis=1) == pytest.approx(np.array(CONCOURSE.mean))


def test_without_a_measured_hour_the_level_is_as_assumed():
    none = ObservedHours(np.empty(0, np.int64), np.empty(0), np.empty((4, 0)))
    assert compute_venue_level(CONCOURSE, none, LONDON).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_the_assumption_counts_as_much_as_six_average_hours(share: float):
    expected = SHAPE[8:12].sum() * share
    found = compute_venue_level(CONCOURSE, measured(2, 2, 2, 2, share=share), LONDON)

    assert found == pytest.approx(np.full(4, (2 * expected + 6) / (expected + 6)))


def test_hours_as_assumed_leave_the_level_and_hours_without_visitors_lower_it():
    assert compute_venue_level(CONCOURSE, measured(1, 1, 1), LONDON) == pytest.approx(np.ones(4))
    empty = compute_venue_level(CONCOURSE, measured(0, 0, 0), LONDON)
    assert empty == pytest.approx(np.full(4, 6 / (SHAPE[8:11].sum() + 6)))


def test_hours_are_compared_with_those_of_the_local_clock():
    # 23:00 on Sunday in London is 08:00 on Monday in Tokyo
    sunday_s = int((datetime(2026, 11, 22, 23, tzinfo=UTC) - EPOCH).total_seconds())
    busy = np.outer(CONCOURSE.mean, SHAPE[8:9])
    hours = ObservedHours(np.array([sunday_s]), np.ones(1), busy)

    assert compute_venue_level(CONCOURSE, hours, TOKYO) == pytest.approx(np.ones(4))
    assert compute_venue_level(CONCOURSE, hours, LONDON).min() > 1.2


def test_one_hour_far_above_the_others_counts_four_times_the_median_hour():
    hours = measured(*[1.0] * 6, 1e6)
    expected = SHAPE[8:15].sum()
    capped = SHAPE[8:14].sum() + 4 * SHAPE[14]

    assert compute_venue_level(CONCOURSE, hours, LONDON) == pytest.approx(
        np.full(4, (capped + 6) / (expected + 6))
    )
