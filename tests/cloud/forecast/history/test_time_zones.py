# ruff: noqa: DTZ001 - local clocks
"""History is read on the site's clock, which may be corrected or off by half an hour."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from cloud import database
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.forecast.camera_scenarios import (
    NOW,
    ONE_CAMERA,
    CameraScenario,
    expected_people,
    forecast_both_ways,
    forecast_of,
    hour_tallies,
    insert_tallies,
    request_forecast,
    run_night,
    tally_row,
)

pytestmark = SQLITE_ONLY


def test_a_corrected_time_zone_moves_all_hours_at_the_next_forecast(engine: Engine):
    wrong = msgspec.structs.replace(ONE_CAMERA, timezone="America/New_York")
    insert_tallies(engine, list(hour_tallies(ONE_CAMERA, CameraScenario())))
    for days in (2, 1, 0):
        run_night(engine, wrong, now=NOW - timedelta(days=days))
    fresh = request_forecast(engine, ONE_CAMERA)
    done = run_night(engine, ONE_CAMERA)
    corrected = request_forecast(engine, ONE_CAMERA)
    eight = "2026-11-23T08:00"

    assert done.forecast == 1
    for forecast in (fresh, corrected):
        assert forecast_of(forecast, eight).entries.p50 == pytest.approx(
            expected_people(datetime(2026, 11, 23, 8)), rel=0.03
        )
    assert corrected.zone == ONE_CAMERA.zone
    later = run_night(engine, ONE_CAMERA, now=NOW + timedelta(days=9))
    assert later.scored == 1  # not the forecast in the wrong zone


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"]
)
def test_local_hours_are_exact_with_offsets_of_half_an_hour(engine: Engine, zone: str):
    # Visitors from 08:00 to 09:00 of the local clock, none in all other hours.
    site = msgspec.structs.replace(ONE_CAMERA, timezone=zone, holidays=None)
    hours: dict[datetime, dict[str, Any]] = {}
    minutes = []
    for age in range(6 * 7 * 96, 0, -1):
        start = NOW.replace(hour=0) - timedelta(minutes=15 * age)
        local = start.astimezone(site.zone)
        people = 300.0 if local.hour == 8 else 0.0
        minutes.append(tally_row(site.id, "one", people, "minute_at", start, 900_000))
        hour = start.replace(minute=0)
        whole = hours.setdefault(hour, tally_row(site.id, "one", 0, "hour_at", hour, 0))
        for name in ("observed_ms", "entries", "onlookers", "looking_ms", "person_ms"):
            whole[name] += minutes[-1][name]
    insert_tallies(engine, minutes, database.minute_tallies)
    insert_tallies(engine, list(hours.values()))
    forecast = forecast_both_ways(engine, site)

    for day in ("2026-11-23", "2026-11-28"):
        found = [forecast_of(forecast, f"{day}T{hour:02}:00").entries.p50 for hour in range(24)]
        assert found[8] == pytest.approx(1200, rel=0.01)
        assert max(found[:8] + found[9:]) == 0
