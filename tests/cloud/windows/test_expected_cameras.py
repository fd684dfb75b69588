"""The observed share is that of the cameras which the sites file expects."""

from datetime import date

import pytest
from msgspec import structs
from sqlalchemy import Connection

from cloud.sites.site_model import Site, SiteCamera
from cloud.sites.sites_file import load_sites
from cloud.windows.expected_cameras import ExpectedCameras
from cloud.windows.query import window_audience, windows
from tests.cloud.windows.minute_rows import MINUTE, NINE, insert_minute
from wire.scalars import DeviceId


def site(*cameras: SiteCamera) -> Site:
    (first, *_) = load_sites()
    return structs.replace(first, listed_cameras=cameras)


def test_a_camera_without_reports_lowers_the_observed_share(connection: Connection) -> None:
    insert_minute(connection, "9:00", "a", observed_ms=60_000, visits=1)
    expected = ExpectedCameras.of(
        [site(SiteCamera(id=DeviceId("a")), SiteCamera(id=DeviceId("b")))]
    )
    stretch = {"starts_at": NINE, "ends_at": NINE + MINUTE}
    audience = window_audience(connection, "KX-01", **stretch, expected=expected)
    assert (audience.cameras, audience.observed_share) == (1, 0.5)
    assert audience.coverage is not None
    assert (audience.coverage.expected, audience.coverage.unlisted) == (2, ())


def test_an_unexpected_camera_does_not_replace_a_missing_one(
    connection: Connection,
) -> None:
    insert_minute(connection, "9:00", "stranger", observed_ms=60_000, visits=1)
    expected = ExpectedCameras.of([site(SiteCamera(id=DeviceId("a")))])
    stretch = {"starts_at": NINE, "ends_at": NINE + MINUTE}
    audience = window_audience(connection, "KX-01", **stretch, expected=expected)
    assert audience.observed_share == 0.5
    assert audience.coverage is not None
    assert audience.coverage.unlisted == ("stranger",)


@pytest.mark.parametrize(
    ("camera", "share"),
    [
        (SiteCamera(id=DeviceId("b"), from_on=date(2026, 11, 21)), 1.0),
        (SiteCamera(id=DeviceId("b"), until_on=date(2026, 11, 20)), 1.0),
        (SiteCamera(id=DeviceId("b"), optional=True), 1.0),
        (SiteCamera(id=DeviceId("b"), from_on=date(2026, 11, 20)), 0.5),
    ],
)
def test_a_camera_is_expected_while_its_dates_last(
    connection: Connection, camera: SiteCamera, share: float
) -> None:
    insert_minute(connection, "9:00", "a", observed_ms=60_000)
    expected = ExpectedCameras.of([site(SiteCamera(id=DeviceId("a")), camera)])
    (found,) = windows(
        connection, "KX-01", window="5m", starts_at=NINE, ends_at=NINE + MINUTE, expected=expected
    )
    assert found.observed_share == share
