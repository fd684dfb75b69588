# ruff: noqa: DTZ001 - local clocks
"""A site that fails is left out by name; damaged and older rows are replaced or still read."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from cloud import database
from cloud.forecast.history.hours import read_camera_hours
from cloud.forecast.nightly import run
from cloud.sites.public_holidays import CalendarError, public_holidays
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.forecast.camera_scenarios import (
    MONDAY_NOON,
    NOW,
    ONE_CAMERA,
    CameraScenario,
    expected_people,
    forecast_of,
    hour_tallies,
    insert_tallies,
    request_forecast,
    run_night,
)

pytestmark = SQLITE_ONLY


def test_a_site_that_fails_is_left_out_by_name_and_the_others_are_forecast(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    sites = [msgspec.structs.replace(ONE_CAMERA, id=f"PL-{number}") for number in range(3)]
    unknown = msgspec.structs.replace(ONE_CAMERA, id="XX-01", holidays="FR")
    for site in sites:
        insert_tallies(engine, list(hour_tallies(site, CameraScenario(), weeks=4)))
    read = "cloud.forecast.history.history_store.read_camera_hours"

    def failing(connection: Any, site: Site, **stretch: Any) -> Any:
        if site.id == "PL-1":
            raise ArithmeticError("a row that cannot be")
        return read_camera_hours(connection, site, **stretch)

    def calendar(code: str | None, *years: int) -> frozenset[date]:
        if code == "FR":
            raise CalendarError("no calendar of holidays 'FR' is known")
        return public_holidays(code, *years)

    monkeypatch.setattr(read, failing)
    monkeypatch.setattr("cloud.forecast.network.public_holidays", calendar)
    done = run(engine, Sites((unknown, *sites)), now=NOW, learn=False, progress=lambda *_: None)

    assert done.forecast == 2
    assert [one.location for one in done.failed] == ["XX-01", "PL-1"]
    assert "no calendar of holidays 'FR'" in done.failed[0].reason
    assert "a row that cannot be" in done.failed[1].reason


def test_damaged_rows_are_rebuilt_and_fail_no_forecast(engine: Engine):
    insert_tallies(engine, list(hour_tallies(ONE_CAMERA, CameraScenario())))
    run_night(engine, ONE_CAMERA, now=NOW - timedelta(days=1))
    with database.writing(engine) as connection:
        for table in (
            "forecast_histories",
            "forecast_weeks",
            "forecast_candidate_weeks",
            "forecast_mixes",
        ):
            connection.exec_driver_sql(f"UPDATE {table} SET body = x'00'")
        connection.exec_driver_sql(
            "UPDATE hour_tallies SET entries = -5 WHERE hour_at = (SELECT max(hour_at) FROM "
            "hour_tallies)"
        )
    assert run_night(engine, ONE_CAMERA).forecast == 1
    assert forecast_of(
        request_forecast(engine, ONE_CAMERA), MONDAY_NOON
    ).entries.p50 == pytest.approx(expected_people(datetime(2026, 11, 23, 12)), rel=0.03)


def test_a_forecast_stored_by_an_older_version_keeps_its_week(engine: Engine):
    insert_tallies(engine, list(hour_tallies(ONE_CAMERA, CameraScenario())))
    run_night(engine, ONE_CAMERA)
    stored = request_forecast(engine, ONE_CAMERA)
    with database.writing(engine) as connection:
        connection.exec_driver_sql("UPDATE forecast_weeks SET usual = NULL, basis = NULL")
    found = request_forecast(engine, ONE_CAMERA)

    assert found.coming == pytest.approx(stored.coming)
    assert replace(found, coming=stored.coming).usual == pytest.approx(stored.usual, rel=1e-5)
