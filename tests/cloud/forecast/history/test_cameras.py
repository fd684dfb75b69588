# ruff: noqa: DTZ001 - local clocks
"""The share of a missing camera is added to a forecast; its reason names the camera."""

from datetime import date, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from cloud.sites.site_model import SiteCamera
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.forecast.camera_scenarios import (
    BUSY,
    MONDAY_NOON,
    TWO_CAMERAS,
    CameraScenario,
    expected_people,
    forecast_both_ways,
    forecast_of,
)

pytestmark = SQLITE_ONLY


@pytest.mark.parametrize(
    ("offline_share", "offline"), [(0.5, "two"), (0.1, "two"), (0.9, "two"), (0.1, "one")]
)
def test_the_share_of_a_camera_offline_for_four_weeks_is_added(
    engine: Engine, offline_share: float, offline: str
):
    since = datetime(2026, 10, 23)
    other = "one" if offline == "two" else "two"
    forecast = forecast_both_ways(
        engine,
        TWO_CAMERAS,
        CameraScenario(other, BUSY * (1 - offline_share)),
        CameraScenario(offline, BUSY * offline_share, observes=lambda local: local < since),
    )
    noon = forecast_of(forecast, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected_people(datetime(2026, 11, 23, 12)), rel=0.03)
    assert f"camera {offline} not observed since 2026-10-23" in noon.reason
    assert f"{offline_share:.0%} is added" in noon.reason
    assert noon.basis == "measured"


@pytest.mark.parametrize(
    ("listed", "share"),
    [
        (("one", SiteCamera(id="two", until_on=date(2026, 10, 23))), 0.7),
        (("one", SiteCamera(id="two", optional=True)), 0.7),
        (("one",), 0.7),
    ],
)
def test_a_camera_that_is_no_longer_expected_is_not_missing(
    engine: Engine, listed: tuple[Any, ...], share: float
):
    since = datetime(2026, 10, 23)
    site = msgspec.structs.replace(TWO_CAMERAS, listed_cameras=listed)
    forecast = forecast_both_ways(
        engine,
        site,
        CameraScenario("one", BUSY * share),
        CameraScenario("two", BUSY * (1 - share), observes=lambda local: local < since),
    )
    noon = forecast_of(forecast, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(
        share * expected_people(datetime(2026, 11, 23, 12)), rel=0.05
    )
    assert "not observed since" not in noon.reason


@pytest.mark.parametrize("since", [datetime(2026, 11, 6), datetime(2026, 10, 16)])
def test_an_optional_camera_that_starts_to_report_is_named_and_adds_nothing(
    engine: Engine, since: datetime
):
    site = msgspec.structs.replace(
        TWO_CAMERAS, listed_cameras=("one", SiteCamera(id="two", optional=True))
    )
    starting = CameraScenario("two", BUSY, observes=lambda local: local >= since)
    forecast = forecast_both_ways(engine, site, CameraScenario("one"), starting)
    noon = forecast_of(forecast, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected_people(datetime(2026, 11, 23, 12)), rel=0.03)
    assert "camera two is optional and has not usually reported" in noon.reason


def test_an_optional_camera_that_usually_reports_is_one_of_the_usual_cameras(engine: Engine):
    site = msgspec.structs.replace(
        TWO_CAMERAS, listed_cameras=("one", SiteCamera(id="two", optional=True))
    )
    gap = range(20, 24)
    two = CameraScenario(
        "two", BUSY, observes=lambda local: not (local.month == 11 and local.day in gap)
    )
    noon = forecast_of(forecast_both_ways(engine, site, CameraScenario("one"), two), MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(
        2 * expected_people(datetime(2026, 11, 23, 12)), rel=0.03
    )
    assert "optional" not in noon.reason


def test_an_optional_camera_replaces_a_missing_one_by_its_share(engine: Engine):
    site = msgspec.structs.replace(
        TWO_CAMERAS, listed_cameras=("one", SiteCamera(id="two", optional=True))
    )
    spare = CameraScenario("two", 3 * BUSY, observes=lambda local: local >= datetime(2026, 10, 30))
    main = CameraScenario("one", observes=lambda local: local < datetime(2026, 11, 13))
    noon = forecast_of(forecast_both_ways(engine, site, main, spare), MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected_people(datetime(2026, 11, 23, 12)), rel=0.05)
    assert "camera one not observed since 2026-11-13" in noon.reason


def test_a_camera_that_never_reported_is_named_and_nothing_is_added_for_it(engine: Engine):
    forecast = forecast_both_ways(engine, TWO_CAMERAS, CameraScenario("one"))
    noon = forecast_of(forecast, MONDAY_NOON)

    assert noon.entries.p50 == pytest.approx(expected_people(datetime(2026, 11, 23, 12)), rel=0.03)
    assert "camera two was never observed beside others" in noon.reason


@pytest.mark.parametrize("people", [0.0, 0.01 * BUSY])
def test_a_camera_with_almost_no_visitors_does_not_replace_an_offline_one(
    engine: Engine, people: float
):
    main = CameraScenario("one", observes=lambda local: local < datetime(2026, 10, 23))
    forecast = forecast_both_ways(engine, TWO_CAMERAS, main, CameraScenario("two", people))
    noon = forecast_of(forecast, MONDAY_NOON)
    assert noon.entries.p50 == pytest.approx(expected_people(datetime(2026, 11, 23, 12)), rel=0.1)
    assert "the other cameras count too little of the site" in noon.reason
    assert "nothing observed since 2026-10-23 00:00" in noon.reason


def test_cameras_never_observed_together_are_named_since_their_shares_are_unknown(engine: Engine):
    one = CameraScenario("one", observes=lambda local: local.toordinal() % 2 == 0)
    two = CameraScenario("two", observes=lambda local: local.toordinal() % 2 == 1)
    reason = forecast_of(forecast_both_ways(engine, TWO_CAMERAS, one, two), MONDAY_NOON).reason
    for name in ("one", "two"):
        assert f"camera {name} was hardly observed beside others" in reason
