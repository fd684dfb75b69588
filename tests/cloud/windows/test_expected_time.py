"""The camera time that a group of a breakdown should have, by the sites file."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec import structs
from sqlalchemy import Connection, Engine

from cloud.database import hour_tallies, writing
from cloud.sites.site_model import Site, SiteCamera
from cloud.sites.sites import Sites
from cloud.windows.dimensions import BreakdownFilter, Dimension
from cloud.windows.expected_time import ExpectedTime, group_key, unexpected_ms
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.rates import sites
from wire.scalars import DeviceId

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000
LATER = NINE + 100 * HOUR
LOCATION, DEVICE, VENUE = Dimension.LOCATION, Dimension.DEVICE, Dimension.VENUE_TYPE


def site(name: str, venue: str, *cameras: SiteCamera, formerly: tuple[str, ...] = ()) -> Site:
    return structs.replace(
        sites().location("KX-01"), id=name, venue=venue, listed_cameras=cameras, formerly=formerly
    )


def camera(name: str, **options: object) -> SiteCamera:
    return SiteCamera(id=DeviceId(name), **options)


TOMORROW = date(2026, 11, 21)
SITES = Sites(
    (
        site("A", "10503", camera("a-1"), camera("a-2"), camera("a-sim", optional=True)),
        site("B", "10503", camera("b-1"), camera("b-2", from_on=TOMORROW), formerly=("OLD",)),
        site("C", "10604"),
    )
)


def expected_hours(
    key: dict[Dimension, str | datetime], *, now: datetime = LATER, location: str | None = None,
    venue: str | None = None, hours: float = 2,
) -> float:  # fmt: skip
    """The expected camera hours of a group from nine o'clock on."""
    where = BreakdownFilter(NINE, NINE + 4 * HOUR, location=location, venue_type=venue)
    found = ExpectedTime(SITES, where, now).expected_ms(key, NINE, NINE + hours * HOUR)
    return found / HOUR_MS


@pytest.mark.parametrize(
    ("key", "hours"),
    [
        ({}, 6),  # a-1, a-2 and b-1 for two hours each
        ({LOCATION: "A"}, 4),
        ({LOCATION: "B"}, 2),
        ({LOCATION: "OLD"}, 2),  # the former id of B
        ({LOCATION: "C"}, 0),
        ({LOCATION: "XX"}, 0),
        ({VENUE: "10503"}, 6),
        ({VENUE: "10604"}, 0),
        ({VENUE: "unknown"}, 0),
        ({DEVICE: "a-1"}, 2),
        ({DEVICE: "a-sim"}, 0),
        ({DEVICE: "b-2"}, 0),  # from tomorrow on
        ({DEVICE: "stranger"}, 0),
        ({LOCATION: "A", DEVICE: "a-1"}, 2),
        ({LOCATION: "A", DEVICE: "b-1"}, 0),
    ],
)
def test_a_group_is_expected_to_have_the_time_of_its_cameras(
    key: dict[Dimension, str | datetime], hours: float
):
    assert expected_hours(key) == hours


def test_the_filter_limits_groups_without_a_location_or_a_venue_type():
    assert expected_hours({}, location="A") == 4
    assert expected_hours({}, venue="10604") == 0
    assert expected_hours({DEVICE: "b-1"}, location="A") == 0


def test_a_camera_is_expected_from_the_local_midnight_of_its_first_day():
    where = BreakdownFilter(NINE, NINE + 24 * HOUR)
    found = ExpectedTime(SITES, where, LATER)

    assert found.expected_ms({DEVICE: "b-2"}, NINE, NINE + 24 * HOUR) == 9 * HOUR_MS
    assert found.expected_ms({LOCATION: "B"}, NINE, NINE + 24 * HOUR) == (24 + 9) * HOUR_MS


@pytest.mark.parametrize(
    ("now", "hours"),
    [(NINE - HOUR, 0), (NINE, 0), (NINE + HOUR / 2, 1), (NINE + 2 * HOUR, 4), (LATER, 4)],
)
def test_no_time_after_now_is_expected(now: datetime, hours: float):
    assert expected_hours({LOCATION: "A"}, now=now) == hours


def test_only_a_group_of_a_camera_can_be_listed():
    found = ExpectedTime(SITES, BreakdownFilter(NINE, NINE + HOUR), LATER)

    assert found.is_listed({LOCATION: "A"}) is None
    assert found.is_listed({DEVICE: "a-sim"}) is True
    assert found.is_listed({DEVICE: "stranger"}) is False
    assert found.is_listed({LOCATION: "A", DEVICE: "b-1"}) is False
    assert found.is_listed({LOCATION: "XX", DEVICE: "b-1"}) is True  # at another site


def test_a_group_key_does_not_depend_on_the_order_of_its_dimensions():
    one = {LOCATION: "A", Dimension.HOUR: NINE}
    assert group_key(one) == group_key(dict(reversed(one.items()))) == (
        ("hour", NINE), ("location", "A"),
    )  # fmt: skip
    assert group_key({}) == ()


@pytest.fixture
def observed(engine: Engine) -> Iterator[Connection]:
    """One hour of every camera of A, and of one that is not listed."""
    with writing(engine) as connection:
        connection.execute(
            hour_tallies.insert(),
            [
                {
                    "location": "A", "device": device, "hour_at": int(NINE.timestamp()),
                    "reports": 1, "observed_ms": observed_ms,
                }
                for device, observed_ms in (("a-1", 1_000), ("a-sim", 20_000), ("zz", 300_000))
            ],
        )  # fmt: skip
        yield connection


def unexpected(
    connection: Connection, *by: Dimension, location: str | None = None, sites: Sites = SITES
) -> dict[tuple, int]:
    where = BreakdownFilter(NINE, NINE + HOUR, location=location)
    return unexpected_ms(connection, where, by, ExpectedTime(sites, where, LATER))


@SQLITE_ONLY
def test_the_time_of_optional_and_unlisted_cameras_is_unexpected(observed: Connection):
    assert unexpected(observed, LOCATION) == {(("location", "A"),): 320_000}
    assert unexpected(observed, location="A") == {(): 320_000}
    assert unexpected(observed, LOCATION, DEVICE) == {
        (("device", "a-sim"), ("location", "A")): 20_000,
        (("device", "zz"), ("location", "A")): 300_000,
    }
    assert unexpected(observed, VENUE) == {}  # not computed for groups of many locations
