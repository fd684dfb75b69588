"""A camera is listed at one location at a time, between local dates."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cloud.sites.camera_listings import (
    Listing,
    listings_by_device,
    local_midnight,
    refuse_overlapping_listings,
)
from wire.scalars import DeviceId, LocationId

LONDON = ZoneInfo("Europe/London")
JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (6, 7, 8))


@dataclass(frozen=True)
class Camera:
    id: DeviceId
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True)
class Place:
    id: LocationId
    cameras: tuple[Camera, ...]
    zone: ZoneInfo = LONDON


def at(name: str, from_on: date | None = None, until_on: date | None = None) -> Place:
    return Place(LocationId(name), (Camera(DeviceId("cam"), from_on, until_on),))


def test_midnight_is_the_instant_of_the_local_clock():
    assert local_midnight(JUNE, LONDON) == datetime(2026, 5, 31, 23, tzinfo=UTC)
    assert local_midnight(JUNE, ZoneInfo("UTC")) == datetime(2026, 6, 1, tzinfo=UTC)


def test_the_listings_of_a_camera_are_sorted_by_their_dates():
    found = listings_by_device([at("B", JULY), at("A", None, JUNE), at("C", JUNE, JULY)])
    assert [one.location for one in found[DeviceId("cam")]] == ["A", "C", "B"]
    assert found[DeviceId("cam")][0] == Listing(
        LocationId("A"), None, datetime(2026, 5, 31, 23, tzinfo=UTC)
    )
    assert listings_by_device([]) == {}


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "is_inside"),
    [
        (4, 5, False),
        (4, 6, False),  # half-open: it ends when the listing starts
        (5, 7, True),
        (6, 8, True),
        (8, 9, False),
        (7, 9, True),
    ],
)
def test_an_interval_overlaps_a_half_open_listing(starts_at: int, ends_at: int, is_inside: bool):
    def hour(number: int) -> datetime:
        return datetime(2026, 6, 1, number, tzinfo=UTC)

    listing = Listing(LocationId("A"), hour(6), hour(8))
    assert listing.overlaps(hour(starts_at), hour(ends_at)) is is_inside
    assert Listing(LocationId("A")).overlaps(hour(starts_at), hour(ends_at))


def test_a_camera_may_move_on_the_day_on_which_its_former_listing_ends():
    refuse_overlapping_listings([at("A", None, JULY), at("B", JULY)])
    refuse_overlapping_listings([])


@pytest.mark.parametrize(
    "sites",
    [
        [at("A"), at("B")],
        [at("A", JUNE, AUGUST), at("B", JULY)],
        [at("A", JUNE), at("B", JULY, AUGUST)],
    ],
)
def test_a_camera_at_two_locations_at_once_is_refused(sites: list[Place]):
    with pytest.raises(ValueError, match="camera 'cam' is given 2 times, at A and B for the same"):
        refuse_overlapping_listings(sites)
