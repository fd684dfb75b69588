"""Camera time of booked hours: by cause, and what no camera has reported."""

from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.observation.camera_time import CampaignObservation, read_observation
from tests.cloud.campaigns.campaign_data import SEVEN, SITES, line, report, store_lines
from tests.cloud.campaigns.campaign_data import store_reports as store
from wire.audience import BlindCause

CAMERA = "kx-01-cam-1"


def observe(connection: Connection, after_hours: float) -> CampaignObservation:
    lines = read_lines(connection, SITES, "line_id", ["SO-1-1"]).values()
    return read_observation(connection, SITES, lines, SEVEN + timedelta(hours=after_hours))


def test_time_is_divided_into_observed_causes_and_not_reported(connection: Connection) -> None:
    store_lines(connection, line(2))
    dark = {BlindCause.DARK: 60_000, BlindCause.OBSTRUCTED: 30_000}
    one = report(1, 0, CAMERA, a=30)
    store(connection, replace(one, blind_ms=dark))
    found = observe(connection, 1.5)
    assert found.expected_ms == 90 * 60_000
    assert found.observed_ms == 300_000
    assert found.unobserved_ms == {"dark": 60_000, "obstructed": 30_000}
    assert found.unreported_ms == found.expected_ms - 390_000


def test_an_unexpected_camera_does_not_hide_the_time_of_a_missing_one(
    connection: Connection,
) -> None:
    store_lines(connection, line(1))
    other = report(1, 0, "not-listed", a=300)
    store(connection, replace(other, blind_ms={BlindCause.DARK: 60_000}))
    found = observe(connection, 1)
    assert (found.observed_ms, found.expected_ms) == (3_000_000, 6_600_000)
    assert (found.unreported_ms, found.unobserved_ms) == (3_600_000, {})


def test_hours_of_others_and_hours_to_come_do_not_count(connection: Connection) -> None:
    store_lines(connection, line(1))
    store(connection, report(1, 3, a=30))
    found = observe(connection, 0)
    assert (found.expected_ms, found.observed_ms) == (0, 0)
    assert observe(connection, 9).observed_ms == 0
