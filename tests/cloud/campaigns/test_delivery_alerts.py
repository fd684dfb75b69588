"""The alert for under-delivery: raised for what is certainly missing, cleared after the flight."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.alerting.rules import THRESHOLDS, AlertKind
from cloud.campaigns.delivery_alerts import DeliveryMeasures
from tests.cloud.campaigns.campaign_data import (
    SEVEN,
    SITES,
    flat_forecast,
    line,
    report,
    store_lines,
    store_reports,
)

RAISED_AT = THRESHOLDS[AlertKind.UNDER_DELIVERY].raise_at


@pytest.mark.parametrize(
    ("plays", "is_raised"),
    [(60, False), (30, True), (None, False)],  # as booked, half of it, nothing known
)
def test_only_what_is_certainly_missing_raises_the_alert(
    connection: Connection, plays: int | None, is_raised: bool
) -> None:
    store_lines(connection, line(4))
    if plays is not None:
        store_reports(connection, *(report(n, n, a=plays) for n in range(2)))
    read = DeliveryMeasures(lambda site: flat_forecast(site, crowd=2.5))
    (found,) = read(connection, SITES, SEVEN + timedelta(hours=2, minutes=1))
    assert (found.location, found.device) == ("KX-01", "SO-1-1")
    assert (found.value >= RAISED_AT) == is_raised


def test_a_line_is_judged_after_two_hours_and_cleared_after_its_flight(
    connection: Connection,
) -> None:
    store_lines(connection, line(4))
    store_reports(connection, *(report(n, n, a=6) for n in range(4)))
    read = DeliveryMeasures(flat_forecast)
    assert read(connection, SITES, SEVEN + timedelta(hours=1)) == []
    (short,) = read(connection, SITES, SEVEN + timedelta(hours=3))
    assert read(connection, SITES, SEVEN + timedelta(hours=3, minutes=30)) == [short]
    (ended,) = read(connection, SITES, SEVEN + timedelta(hours=5))
    assert (short.value > RAISED_AT, ended.value) == (True, 0.0)
    assert read(connection, SITES, SEVEN + timedelta(days=3)) == []
