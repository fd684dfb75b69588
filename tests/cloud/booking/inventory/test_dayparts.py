"""Dayparts select local hours of weekdays, also where the clock changes; a zone is required."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cloud.booking.inventory.dayparts import ALWAYS, EVERY_WEEKDAY, DaypartError, WeeklyHours

LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
MONDAY = date(2026, 11, 23)


def test_hours_of_weekdays_are_those_of_the_screens_clock():
    daypart = WeeklyHours("7-8;17", frozenset({1, 2}), "local")
    found = daypart.select_hours(TOKYO, MONDAY, date(2026, 11, 30))
    local = [datetime.fromtimestamp(one, TOKYO) for one in found]
    assert [(one.day, one.hour) for one in local] == [
        (23, 7), (23, 8), (23, 17), (24, 7), (24, 8), (24, 17),
    ]  # fmt: skip


def test_another_zone_selects_its_own_hours():
    (found,) = WeeklyHours("8", EVERY_WEEKDAY, "America/New_York").select_hours(
        LONDON, MONDAY, date(2026, 11, 24)
    )
    assert datetime.fromtimestamp(found, UTC) == datetime(2026, 11, 23, 13, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [((2027, 3, 28), 23), ((2026, 10, 25), 25)])
def test_days_on_which_the_clock_changes_have_their_own_number_of_hours(day, hours):
    first = date(*day)
    assert len(ALWAYS.select_hours(LONDON, first, first.replace(day=first.day + 1))) == hours


@pytest.mark.parametrize(
    ("hours", "weekdays", "zone", "words"),
    [
        ("7-9", {1}, "", "needs a time zone"),
        ("7-9", {1}, "Nowhere/Town", "not known"),
        ("7-9", set(), "local", "Monday"),
        ("7-9", {0, 1}, "local", "Monday"),
        ("9-7", {1}, "local", "expected local hours"),
        ("24", {1}, "local", "expected local hours"),
    ],
)
def test_an_indefinite_daypart_is_refused(hours, weekdays, zone, words):
    with pytest.raises(DaypartError, match=words):
        WeeklyHours(hours, frozenset(weekdays), zone)
