"""Hours are those of the local clock, in every zone and at clock changes; unobserved ones exist."""

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from cloud.analytics.analytics_query import AnalyticsQuery
from cloud.analytics.site_hours import CellSums, read_site_hours, sum_by_day, total_of
from cloud.database import reading, writing
from tests.cloud.analytics.counted_hours import NOW, CountedHour, store_hours
from tests.cloud.databases import new_engine
from tests.cloud.rates import sites

HOUR_MS = 3_600_000
KINGS_CROSS = next(iter(sites()))


def read(tmp_path: Path, zone: str, asked: AnalyticsQuery, now: datetime, *hours: CountedHour):
    engine = new_engine(tmp_path)
    site = msgspec.structs.replace(KINGS_CROSS, timezone=zone)
    with writing(engine) as connection:
        store_hours(connection, hours, NOW)
    with reading(engine) as connection:
        found = read_site_hours(connection, site, asked, now)
    engine.dispose()
    return found


def test_an_hour_without_a_report_is_expected_and_not_observed(tmp_path: Path) -> None:
    found = read(tmp_path, "Europe/London", AnalyticsQuery(days=1), NOW, CountedHour(1, 8))
    assert len(found) == 24
    assert found[date(2026, 11, 19), 9] == CellSums(expected_ms=HOUR_MS)
    assert found[date(2026, 11, 19), 8].observed_share == 1.0
    days = sum_by_day(found)
    assert days[date(2026, 11, 19)] == total_of(found.values())
    assert total_of(found.values()).observed_share == pytest.approx(1 / 24)


def test_a_camera_that_is_not_expected_does_not_hide_one_that_is_missing(tmp_path: Path) -> None:
    asked = AnalyticsQuery(days=1, hour_from=8, hour_until=9)
    other = CountedHour(1, 8, camera="not-listed")
    (found,) = read(tmp_path, "Europe/London", asked, NOW, other).values()
    assert (found.expected_ms, found.observed_ms) == (2 * HOUR_MS, HOUR_MS)
    assert found.observed_share == 0.5


def test_the_day_is_that_of_the_location(tmp_path: Path) -> None:
    asked = AnalyticsQuery(days=1, hour_from=16, hour_until=17)
    found = read(tmp_path, "Asia/Tokyo", asked, NOW, CountedHour(1, 7))
    assert {key: sums.visits for key, sums in found.items()} == {(date(2026, 11, 19), 16): 100}


def test_the_hour_that_a_clock_change_repeats_is_one_hour_of_two(tmp_path: Path) -> None:
    monday = datetime(2026, 10, 26, 12, tzinfo=UTC)
    found = read(tmp_path, "Europe/London", AnalyticsQuery(days=1), monday, CountedHour(26, 1))
    assert len(found) == 24
    repeated = found[date(2026, 10, 25), 1]
    assert (repeated.expected_ms, repeated.observed_ms) == (2 * HOUR_MS, HOUR_MS)
