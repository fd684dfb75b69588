"""Pacing follows the forecast of the audience, and states how certain it is."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Connection

from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.line_hours import read_line_hours
from cloud.campaigns.pacing import Pacing, compute_pacing
from cloud.campaigns.usual_audience import UsualAudience
from cloud.forecast.forecaster import SiteForecast
from cloud.sites.site_model import Site
from tests.cloud.campaigns.campaign_data import (
    SEVEN,
    SITES,
    flat_forecast,
    line,
    report,
    store_lines,
    store_reports,
)


def late_forecast(site: Site) -> SiteForecast:
    """Nobody is there before nine."""
    found = flat_forecast(site)
    hours = np.arange(168) % 24
    found.usual[:, :, hours < 9] = 0
    return found


def pace(connection: Connection, forecast_of: object, hours_later: float) -> Pacing:
    now = SEVEN + timedelta(hours=hours_later)
    usual = UsualAudience(SITES, forecast_of)  # type: ignore[arg-type]
    lines = read_lines(connection, SITES, "line_id", ["SO-1-1"])
    hours = read_line_hours(connection, lines, now, usual).hours
    return compute_pacing(lines, hours, usual, now)


def test_the_expected_share_follows_the_audience_and_not_the_clock(
    connection: Connection,
) -> None:
    store_lines(connection, line(4))
    flat, late = (pace(connection, one, 2) for one in (flat_forecast, late_forecast))
    assert (flat.expected_share, late.expected_share) == (0.5, 0.0)
    assert late.ratio is None
    assert pace(connection, late_forecast, 3).expected_share == 0.5
    assert pace(connection, flat_forecast, 0.5).expected_share == 0.125
    assert flat.planned_ots == 4 * 60 * 4.0


def test_a_flight_that_begins_or_ends_within_an_hour_is_expected_only_from_then_on(
    connection: Connection,
) -> None:
    store_lines(connection, line(1, starts_at=SEVEN + timedelta(minutes=30)))
    shares = [pace(connection, flat_forecast, hours).expected_share for hours in (0.5, 0.75, 1.25)]
    assert shares == [0.0, 0.25, 0.75]


def test_a_campaign_that_is_shown_half_as_often_is_behind_by_its_plays(
    connection: Connection,
) -> None:
    store_lines(connection, line(4))
    store_reports(connection, report(1, 0, a=30), report(2, 1, a=30))
    found = pace(connection, flat_forecast, 2)
    assert found.play_rate == (60 + 60) / (120 + 60)
    assert found.ratio is not None
    assert found.ratio.p50 == pytest.approx(150 / 480)
    coming = 120 * found.play_rate * 4.0
    assert found.projection.p50 == pytest.approx(150 + coming)
    assert found.projection.p10 < found.projection.p50 < found.projection.p90
    assert found.projection.p90 - 150 == pytest.approx(2 * coming)
