# ruff: noqa: DTZ001 - local clocks
"""Hours far above the usual are left out of a forecast, and named in its reason."""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import pytest
from sqlalchemy import Engine

from cloud.forecast.forecaster import SiteForecast
from cloud.forecast.series import Floats
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.forecast.camera_scenarios import (
    MONDAY_NOON,
    NOW,
    ONE_CAMERA,
    CameraScenario,
    expected_people,
    forecast_both_ways,
    forecast_of,
    local_hours,
    percentiles,
)

pytestmark = SQLITE_ONLY
USUAL_WEEK: list[Floats] = []


def usual_week(engine: Engine) -> Floats:
    """The week of a site without outliers: the same for all tests, computed by the first."""
    if not USUAL_WEEK:
        site = msgspec.structs.replace(ONE_CAMERA, id="AL-01")
        USUAL_WEEK.append(week_percentiles(forecast_both_ways(engine, site, CameraScenario())))
    return USUAL_WEEK[0]


def week_percentiles(forecast: SiteForecast) -> Floats:
    hours = [NOW.replace(hour=0) + timedelta(hours=ahead) for ahead in range(168)]
    return np.array([percentiles(forecast.hour_forecast(at)) for at in hours])


@pytest.mark.parametrize(
    ("hour", "value"),
    [
        ("2026-11-18T17:00", 50.0),
        ("2026-11-18T03:00", 50.0),
        ("2026-11-14T20:00", 50.0),
        ("2026-09-24T17:00", 1e6),
        ("2026-09-25T17:00", 1e6),
        ("2026-11-19T12:00", 1e6),
    ],
)
def test_one_extreme_hour_changes_no_forecast_and_is_named(engine: Engine, hour: str, value: float):
    outliers = {datetime.fromisoformat(hour): value}
    forecast = forecast_both_ways(engine, ONE_CAMERA, CameraScenario(outliers=outliers))

    assert week_percentiles(forecast) == pytest.approx(usual_week(engine), rel=0.05, abs=2)
    assert f"far above the usual left out ({hour.replace('T', ' ')})" in forecast.reason


@pytest.mark.parametrize(
    "outliers",
    [
        local_hours("2026-11-07", "2026-11-08", 50.0),
        local_hours("2026-11-07", "2026-11-08", 1e6),
        local_hours("2026-11-18", "2026-11-19", 1e6, range(8, 18)),
        local_hours("2026-11-14", "2026-11-17", 1e6),
        {datetime(2026, 11, 10, 8) - timedelta(weeks=week): 1e6 for week in range(3)},
        {datetime(2026, 11, 10, hour): 1e6 for hour in (7, 8, 9)},
    ],
    ids=["two days, 50x", "two days", "the last two days", "four days", "three weeks", "adjacent"],
)
def test_extreme_days_or_repeated_extreme_hours_change_no_forecast(
    engine: Engine, outliers: dict[datetime, float]
):
    forecast = forecast_both_ways(engine, ONE_CAMERA, CameraScenario(outliers=outliers))

    assert week_percentiles(forecast) == pytest.approx(usual_week(engine), rel=0.05, abs=3)
    assert "far above the usual left out" in forecast.reason


def test_an_extreme_hour_where_no_other_was_observed_changes_no_forecast(engine: Engine):
    extreme = datetime(2026, 11, 10, 3)
    camera = CameraScenario(
        observes=lambda local: 7 <= local.hour < 23 or local == extreme, outliers={extreme: 1e6}
    )
    forecast = forecast_both_ways(engine, ONE_CAMERA, camera)
    assert forecast_of(forecast, "2026-11-24T03:00").entries.p90 < 100
    assert forecast_of(forecast, MONDAY_NOON).entries.p10 > 0.8 * expected_people(
        datetime(2026, 11, 23, 12)
    )


@pytest.mark.parametrize("hours", [range(17, 23), range(24)], ids=["six hours a day", "all day"])
def test_a_site_that_reopens_is_not_forecast_as_empty(engine: Engine, hours: range):
    closed = local_hours("2026-05-01", "2026-11-08", 0.0)
    shut = [hour for hour in range(24) if hour not in hours]
    closed |= {at: 0.0 for at in local_hours("2026-11-09", "2026-11-19", 0.0) if at.hour in shut}
    forecast = forecast_both_ways(engine, ONE_CAMERA, CameraScenario(outliers=closed))
    assert forecast_of(forecast, "2026-11-25T18:00").entries.p50 > 0.5 * expected_people(
        datetime(2026, 11, 25, 18)
    )


def test_a_twentyfold_level_is_accepted_after_a_week(engine: Engine):
    forecast = forecast_both_ways(
        engine, ONE_CAMERA, CameraScenario(outliers=local_hours("2026-11-10", "2026-11-19", 20.0))
    )
    assert forecast_of(forecast, MONDAY_NOON).entries.p50 > 4 * expected_people(
        datetime(2026, 11, 23, 12)
    )
