"""A zero is left out where the site is usually busy, and kept where it is closed."""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import pytest
from sqlalchemy import Engine

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


@pytest.mark.parametrize(
    "hour", ["2026-11-18T17:00", "2026-11-16T12:00", "2026-11-14T20:00", "2026-11-19T22:00"]
)
def test_one_hour_measured_as_zero_changes_no_forecast_and_is_named(engine: Engine, hour: str):
    wrong = datetime.fromisoformat(hour)
    unobserved = CameraScenario(observes=lambda local: local != wrong, is_noisy=True)
    reference = forecast_both_ways(
        engine, msgspec.structs.replace(ONE_CAMERA, id="AL-01"), unobserved
    )
    forecast = forecast_both_ways(
        engine, ONE_CAMERA, CameraScenario(outliers={wrong: 0.0}, is_noisy=True)
    )
    hours = [NOW.replace(hour=0) + timedelta(hours=ahead) for ahead in range(168)]
    with_outliers = np.array([percentiles(forecast.hour_forecast(at)) for at in hours])
    usual = np.array([percentiles(reference.hour_forecast(at)) for at in hours])

    assert with_outliers == pytest.approx(usual, rel=1e-4, abs=1e-3)
    assert f"1 hour far below the usual left out ({hour.replace('T', ' ')})" in forecast.reason


def test_zeros_of_a_site_closed_at_night_and_on_mondays_stay_zero(engine: Engine):
    shut = {
        at: 0.0
        for at in local_hours("2026-05-01", "2026-11-19", 0.0)
        if at.hour < 7 or at.weekday() == 0
    }
    forecast = forecast_both_ways(engine, ONE_CAMERA, CameraScenario(outliers=shut, is_noisy=True))

    for hour in ("2026-11-24T03:00", MONDAY_NOON):
        assert forecast_of(forecast, hour).entries.p50 < 1
        assert forecast_of(forecast, hour).entries.p90 < 20
        assert forecast_of(forecast, hour).basis == "measured"
    assert "left out" not in forecast.reason


def test_zeros_of_a_site_that_closes_earlier_for_three_days_are_accepted(engine: Engine):
    late = dict.fromkeys(local_hours("2026-11-17", "2026-11-19", 0.0, range(19, 24)), 0.0)
    forecast = forecast_both_ways(engine, ONE_CAMERA, CameraScenario(outliers=late, is_noisy=True))

    assert "left out" not in forecast.reason


def test_zeros_of_a_site_with_few_people_an_hour_are_accepted(engine: Engine):
    draw = np.random.default_rng(3)
    few = {at: float(draw.poisson(4)) for at in local_hours("2026-05-01", "2026-11-19", 0.0)}
    forecast = forecast_both_ways(
        engine,
        ONE_CAMERA,
        CameraScenario(
            people=1.0,
            outliers={at: n / max(expected_people(at, 1.0), 1e-9) for at, n in few.items()},
        ),
    )

    assert "far below" not in forecast.reason
