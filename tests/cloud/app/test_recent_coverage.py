"""The coverage of the last week counts the expected cameras, also those that never reported."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, insert

from cloud.app.recent_coverage import RecentCoverage, read_recent_coverage
from cloud.database import hour_tallies, minute_tallies, writing
from cloud.sites.site_model import Site, SiteCamera
from tests.cloud.app_context import FRIDAY_NOON as NOW
from tests.cloud.databases import new_engine
from tests.cloud.rates import sites
from wire.scalars import DeviceId

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Observed = Callable[..., None]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def observed(connection: Connection) -> Observed:
    """Adds hours of a camera that were observed for a part, each some time before now."""

    def observed(device: str, *ago: timedelta, part: float = 1.0, **other: Any) -> None:
        rows = [
            {"location": "KX-01", "device": device, "hour_at": int((NOW - one).timestamp()),
             "observed_ms": int(3_600_000 * part)} | other
            for one in ago
        ]  # fmt: skip
        connection.execute(insert(hour_tallies), rows)

    return observed


def site_of(*cameras: DeviceId | SiteCamera) -> Site:
    site: Site = msgspec.structs.replace(sites().location("KX-01"), listed_cameras=cameras)
    return site


A, B = DeviceId("a"), DeviceId("b")
WEEK = [HOUR * ago for ago in range(1, 7 * 24 + 1)]


def test_without_any_data_the_expected_cameras_observed_nothing(connection: Connection) -> None:
    found = read_recent_coverage(connection, site_of(A, B), NOW)
    assert found == RecentCoverage(2, 0, 0.0, None)


def test_a_site_without_an_expected_camera_has_no_share(
    connection: Connection, observed: Observed
) -> None:
    observed("a", HOUR)
    optional = site_of(SiteCamera(id=A, optional=True))
    assert read_recent_coverage(connection, optional, NOW) == RecentCoverage(0, 0, None, NOW)


def test_the_share_is_of_all_hours_of_all_expected_cameras(
    connection: Connection, observed: Observed
) -> None:
    observed("a", *WEEK)
    observed("b", *WEEK[:84], part=0.5)
    found = read_recent_coverage(connection, site_of(A, B), NOW)
    assert (found.share, found.cameras_reporting) == (0.625, 2)


def test_only_the_last_seven_days_count_to_the_hour(
    connection: Connection, observed: Observed
) -> None:
    observed("a", 7 * DAY, 7 * DAY + HOUR, -HOUR)
    assert read_recent_coverage(connection, site_of(A), NOW).share == 1 / 168


def test_a_camera_that_is_not_listed_any_more_counts_for_nothing(
    connection: Connection, observed: Observed
) -> None:
    observed("former", *WEEK)
    found = read_recent_coverage(connection, site_of(A), NOW)
    assert (found.cameras_expected, found.cameras_reporting, found.share) == (1, 0, 0.0)
    assert found.newest_at == NOW


def test_more_than_was_expected_is_all_of_it(connection: Connection, observed: Observed) -> None:
    """A camera listed since this morning may have reported before."""
    listed = SiteCamera(id=A, from_on=date(2026, 11, 20))
    observed("a", *WEEK)
    assert read_recent_coverage(connection, site_of(listed), NOW).share == 1.0


@pytest.mark.parametrize(("ago", "is_reporting"), [(DAY, True), (DAY + HOUR, False)])
def test_a_camera_reports_if_an_hour_of_the_last_day_has_data(
    connection: Connection, observed: Observed, ago: timedelta, is_reporting: bool
) -> None:
    observed("a", ago)
    found = read_recent_coverage(connection, site_of(A), NOW)
    assert found.cameras_reporting == int(is_reporting)


def test_the_newest_data_end_with_the_newest_observed_minute_and_never_later_than_now(
    connection: Connection, observed: Observed
) -> None:
    observed("a", 2 * HOUR)
    site = site_of(A)
    assert read_recent_coverage(connection, site, NOW).newest_at == NOW - HOUR
    for minutes, observed_ms, newest_at in (
        (90, 60_000, NOW - timedelta(minutes=89)),
        (5, 0, NOW - timedelta(minutes=89)),  # reported, and saw nothing
        (0, 1, NOW),
    ):
        row = {"location": "KX-01", "device": "a", "observed_ms": observed_ms,
               "minute_at": int((NOW - timedelta(minutes=minutes)).timestamp())}  # fmt: skip
        connection.execute(insert(minute_tallies), row)
        assert read_recent_coverage(connection, site, NOW).newest_at == newest_at


def test_other_locations_do_not_count(connection: Connection, observed: Observed) -> None:
    observed("a", HOUR, location="LB-01")
    found = read_recent_coverage(connection, site_of(A), NOW)
    assert found == RecentCoverage(1, 0, 0.0, None)
