"""The interval of an estimated audience holds as often as it says, also for people in groups."""

import numpy as np
import pytest

from cloud.campaigns.attribution import LineHour
from cloud.campaigns.booked_hours import BookedHour, HourKey
from cloud.campaigns.estimates import (
    AudienceBasis,
    EstimatedHour,
    compute_unknown_share,
    estimate_hour,
)
from cloud.campaigns.screen_hours import ScreenHour
from cloud.campaigns.totals import sum_hours
from cloud.campaigns.usual_audience import UsualHour
from cloud.forecast.intervals.interval import Interval
from cloud.sites.site_model import Loop

KEY = HourKey("KX-01", 0)
LOOP = Loop(length_s=60, spot_s=10)
USUAL = UsualHour(Interval(2.0, 4.0, 8.0), Interval(0.5, 1.0, 2.0), 1)


def hour(plays: int | None, observed_ms: int | None, person_ms: int = 0) -> LineHour:
    booked = BookedHour("SO-1-1", KEY, "a", 3_600, 60)
    times = observed_ms, person_ms, person_ms // 4, observed_ms
    return LineHour(booked, plays, plays, None, 1, *times)


def screen(reported_ms: int = 3_600_000, observed_ms: int = 3_600_000) -> ScreenHour:
    return ScreenHour(observed_ms, 3 * observed_ms, observed_ms, 40, 10, 1, reported_ms)


def test_the_basis_is_the_closest_measurement_there_is() -> None:
    cases = [
        (hour(60, 300_000, 900_000), screen(), AudienceBasis.MEASURED, 180),
        (hour(60, 0), screen(), AudienceBasis.HOUR, 180),
        (hour(60, 0), screen(observed_ms=0), AudienceBasis.FORECAST, 240),
        (hour(60, 0), None, AudienceBasis.FORECAST, 240),
        (hour(0, 0), screen(), AudienceBasis.MEASURED, 0),
        (hour(None, None), None, AudienceBasis.FORECAST, 0),
    ]
    for one, screen_hour, basis, people in cases:
        found = estimate_hour(one, LOOP, screen_hour, USUAL)
        assert (found.basis, found.ots.interval.p50) == (basis, people)
    nothing = estimate_hour(hour(60, 0), LOOP, None, None)
    assert (nothing.basis, nothing.ots.interval.p90) == (AudienceBasis.UNKNOWN, 0)


def test_an_estimate_from_the_forecast_has_the_interval_of_the_forecast() -> None:
    found = estimate_hour(hour(60, 0), LOOP, None, USUAL)
    assert found.ots.interval == Interval(120, 240, 480)
    assert found.attention_s.interval == Interval(300, 600, 1_200)


@pytest.mark.parametrize(
    ("reported_ms", "share"), [(3_600_000, 0), (3_540_000, 0), (900_000, 0.75)]
)
def test_the_part_of_an_hour_without_a_report_is_unknown(reported_ms: int, share: float) -> None:
    assert compute_unknown_share(hour(15, 1), screen(reported_ms)) == share


@pytest.mark.parametrize("group", [1, 6])
def test_the_interval_holds_in_four_of_five_cases_also_for_people_in_groups(group: int) -> None:
    random, hours, plays = np.random.default_rng(5), 400, 60
    people = group * random.poisson(3.0 / group, (hours, plays))
    observed = np.arange(plays) < 24  # the camera is blind for the rest
    held = 0
    for one in people:
        seen = int(one[observed].sum())
        found = estimate_hour(hour(plays, 240_000, seen * 10_000), LOOP, screen(), USUAL)
        interval = found.ots.interval
        held += interval.p10 <= one.sum() <= interval.p90
    assert held / hours >= 0.78
    assert isinstance(found, EstimatedHour)


@pytest.mark.parametrize(
    ("plays", "usual", "is_known"), [(60, None, False), (60, USUAL, True), (0, None, True)]
)
def test_plays_with_neither_a_measurement_nor_a_forecast_have_no_audience(
    plays: int, usual: UsualHour | None, is_known: bool
) -> None:
    totals = sum_hours([estimate_hour(hour(plays, None), LOOP, None, usual)])
    assert (totals.plays, totals.has_audience) == (plays, is_known)
