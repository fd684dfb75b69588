# ruff: noqa: DTZ001 - local clocks
"""Hours that were never observed, or not for weeks, are forecast wide and with the reason."""

from datetime import datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine

from cloud.pricing.quote import quote
from cloud.pricing.slot import parse_slot
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.forecast.camera_scenarios import (
    MONDAY_NOON,
    ONE_CAMERA,
    CameraScenario,
    expected_people,
    forecast_both_ways,
    forecast_of,
    hour_tallies,
    insert_tallies,
    relative_width,
    run_night,
)
from tests.cloud.rates import CARD

pytestmark = SQLITE_ONLY


def test_hours_overexposed_every_day_have_wide_estimates_and_the_base_rate(
    engine: Engine,
):
    forecast = forecast_both_ways(
        engine, ONE_CAMERA, CameraScenario(observes=lambda local: not 11 <= local.hour < 15)
    )
    noon, ten = forecast_of(forecast, MONDAY_NOON), forecast_of(forecast, "2026-11-23T10:00")

    assert noon.entries.p50 == pytest.approx(expected_people(datetime(2026, 11, 23, 12)), rel=0.25)
    assert (noon.basis, noon.unobserved) == ("venue", True)
    assert "was not observed here" in noon.reason
    assert relative_width(noon) > 2 * relative_width(ten)
    assert (ten.basis, ten.unobserved) == ("measured", False)
    card = CARD
    quoted = quote(ONE_CAMERA, parse_slot(MONDAY_NOON, forecast.zone), noon, card)
    attention = quoted.factors[0]
    assert (attention.name, attention.value) == ("attention", 1)
    assert "not observed here, so the base rate is charged" in attention.reason
    assert quoted.price_p10_minor < quoted.price_minor < quoted.price_p90_minor


def test_a_paused_weekday_is_estimated_from_other_days_and_not_as_empty(engine: Engine):
    forecast = forecast_both_ways(
        engine, ONE_CAMERA, CameraScenario(observes=lambda local: local.weekday() != 0)
    )
    noon = forecast_of(forecast, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected_people(datetime(2026, 11, 24, 12)), rel=0.1)
    assert (noon.basis, noon.unobserved) == ("similar_hours", True)
    assert relative_width(noon) > 2 * relative_width(forecast_of(forecast, "2026-11-24T12:00"))


def test_a_schedule_that_pauses_every_night_does_not_change_the_day(engine: Engine):
    forecast = forecast_both_ways(
        engine, ONE_CAMERA, CameraScenario(observes=lambda local: 6 <= local.hour < 20)
    )
    three = forecast_of(forecast, "2026-11-23T03:00")

    assert 0 < three.entries.p50 < 200
    assert three.unobserved
    assert forecast_of(forecast, MONDAY_NOON).entries.p50 == pytest.approx(
        expected_people(datetime(2026, 11, 23, 12)), rel=0.02
    )


@pytest.mark.parametrize("weeks_unobserved", [2, 10, 20])
def test_a_site_unobserved_for_weeks_has_a_wide_forecast_a_reason_and_its_cutoff(
    engine: Engine, weeks_unobserved: int
):
    until = datetime(2026, 11, 20) - timedelta(weeks=weeks_unobserved)
    camera = CameraScenario(observes=lambda local: local < until, is_noisy=True)
    observed = forecast_both_ways(
        engine, msgspec.structs.replace(ONE_CAMERA, id="AL-01"), CameraScenario(is_noisy=True)
    )
    insert_tallies(engine, list(hour_tallies(ONE_CAMERA, camera, weeks=40)))
    forecast = forecast_both_ways(engine, ONE_CAMERA)
    noon, usual = forecast_of(forecast, MONDAY_NOON), forecast_of(observed, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(usual.entries.p50, rel=0.08)
    wider = min(3.0, (1 + weeks_unobserved) ** 0.5)
    assert relative_width(noon) == pytest.approx(wider * relative_width(usual), rel=0.3)
    assert noon.cutoff_at == until.replace(tzinfo=forecast.zone)
    assert (
        f"nothing observed since {until:%Y-%m-%d %H:%M}, {7 * weeks_unobserved} days ago"
        in noon.reason
    )
    assert f"to {until - timedelta(days=1):%Y-%m-%d}" in noon.reason


def test_the_nightly_result_reports_the_age_of_stale_data(engine: Engine):
    until = datetime(2026, 9, 11)
    insert_tallies(
        engine, list(hour_tallies(ONE_CAMERA, CameraScenario(observes=lambda local: local < until)))
    )
    (stale,) = run_night(engine, ONE_CAMERA).stale

    assert (stale.location, stale.age_days) == ("KX-01", 70)
    assert stale.newest_at == until.replace(tzinfo=ONE_CAMERA.zone)
