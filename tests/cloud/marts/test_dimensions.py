"""Calendar, locations and hours of locations are computed in whole numbers and local time."""

from datetime import UTC, date, datetime, timedelta

from cloud.marts.dimensions import list_dates, list_location_hours, list_locations
from tests.cloud.marts.audience_rows import sites

SUNDAY = date(2026, 10, 25)


def test_the_calendar_numbers_weekdays_from_monday() -> None:
    first, last = list_dates(date(2026, 12, 27), date(2027, 1, 2)).to_pylist()[::6]
    assert (first["weekday"], first["is_weekend"], first["quarter"]) == (7, 1, 4)
    assert (last["weekday"], last["iso_year"], last["iso_week"]) == (6, 2026, 53)


def test_locations_are_those_of_the_sites_file() -> None:
    row = list_locations(sites()).to_pylist()[0]
    site = next(iter(sites()))
    assert (row["location"], row["timezone"], row["cameras"]) == (site.id, "Europe/London", 1)
    assert row["latitude_udeg"] == round(site.latitude_deg * 1e6)


def test_a_day_has_24_hours_in_local_time_also_when_the_clocks_change() -> None:
    until = datetime(2026, 10, 26, tzinfo=UTC)
    rows = list_location_hours(sites(), SUNDAY, until=until).to_pylist()[:24]
    assert [row["hour"] for row in rows] == list(range(24))
    assert [row["local_hour"] for row in rows[:3]] == [1, 1, 2]
    assert {(row["local_date"], row["local_weekday"]) for row in rows} == {(SUNDAY, 7)}
    assert {row["expected_ms"] for row in rows} == {3_600_000}


def test_time_after_now_is_not_expected() -> None:
    until = datetime(2026, 10, 25, 2, tzinfo=UTC) + timedelta(minutes=15)
    rows = list_location_hours(sites(), SUNDAY, until=until).to_pylist()[:3]
    assert [row["expected_ms"] for row in rows] == [3_600_000, 3_600_000, 900_000]
