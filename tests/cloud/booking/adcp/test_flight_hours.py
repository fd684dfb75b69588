"""The hours of a flight: half-open, whole, and in dayparts whose clock is named."""

from datetime import UTC, datetime

import pytest

from cloud.booking.adcp.flight_hours import (
    DaypartOverlay,
    DaypartTarget,
    list_flight_hours,
    read_dayparts,
)
from cloud.booking.inventory.dayparts import DaypartError, WeeklyHours
from tests.cloud.rates import sites

SITE = sites().location("KX-01")
DAYS = ("monday", "tuesday")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=UTC)


MONDAY = (at(6, 0), at(7, 0))


def hours_of(
    *dayparts: tuple[WeeklyHours, ...], flight: tuple[datetime, datetime] = MONDAY
) -> list[int]:
    starts_at, ends_at = flight
    found = list_flight_hours(SITE, starts_at, ends_at, dayparts)
    return [datetime.fromtimestamp(one, UTC).hour for one in found]


def test_an_hour_is_sold_as_a_whole() -> None:
    assert len(hours_of()) == 24
    assert hours_of(flight=(at(6, 7, 30), at(6, 10, 30))) == [8, 9]
    assert hours_of(flight=(at(6, 7), at(6, 7))) == []


def test_the_clock_of_a_daypart_decides() -> None:
    target = DaypartTarget(days=DAYS, start_hour=8, end_hour=10)
    for zone, expected in (("local", [7, 8]), ("UTC", [8, 9]), ("Asia/Tokyo", [0, 23])):
        chosen = read_dayparts(DaypartOverlay((target,), zone))
        assert hours_of(chosen)[-2:] == expected, zone
    own = (WeeklyHours("8", frozenset({1}), "UTC"),)
    both = read_dayparts(DaypartOverlay((target,), "UTC"))
    assert hours_of(own, both) == [8]


@pytest.mark.parametrize(
    ("target", "zone"),
    [
        (DaypartTarget(days=DAYS, start_hour=8, end_hour=10), None),
        (DaypartTarget(days=DAYS, start_hour=10, end_hour=8), "UTC"),
        (DaypartTarget(days=DAYS, start_hour=8, end_hour=10), "Europe/Nowhere"),
        (DaypartTarget(days=DAYS, start_hour=8, end_hour=10), "../etc/passwd"),
    ],
)
def test_a_daypart_without_definite_hours_is_refused(target: DaypartTarget, zone: str) -> None:
    with pytest.raises(DaypartError):
        read_dayparts(DaypartOverlay((target,), zone))
