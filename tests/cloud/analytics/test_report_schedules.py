"""Reports are due at an hour of the user's clock, on a weekday or a day of the month."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from cloud.analytics.report_schedules import (
    ReportInterval,
    ReportTiming,
    read_schedules,
    read_timings,
    remove_schedule,
    set_schedule,
)
from tests.cloud.databases import SQLITE_ONLY

WEEKLY, MONTHLY = ReportInterval.WEEKLY, ReportInterval.MONTHLY
FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timing", "zone", "due"),
    [
        (ReportTiming(WEEKLY, 5, 7), "UTC", "2026-11-20T07:00"),
        (ReportTiming(WEEKLY, 5, 13), "UTC", "2026-11-13T13:00"),
        (ReportTiming(WEEKLY, 5, 12), "UTC", "2026-11-20T12:00"),
        (ReportTiming(WEEKLY, 1, 7), "America/New_York", "2026-11-16T12:00"),
        (ReportTiming(WEEKLY, 6, 1), "Pacific/Kiritimati", "2026-11-20T11:00"),
        (ReportTiming(MONTHLY, 1, 7), "Europe/London", "2026-11-01T07:00"),
        (ReportTiming(MONTHLY, 28, 7), "Europe/London", "2026-10-28T07:00"),
        (ReportTiming(WEEKLY, 7, 1), "Europe/London", "2026-11-15T01:00"),
    ],
)
def test_the_last_time_is_that_of_the_local_clock(
    timing: ReportTiming, zone: str, due: str
) -> None:
    assert timing.last_due(FRIDAY_NOON, ZoneInfo(zone)).isoformat()[:16] == due


@SQLITE_ONLY
def test_a_user_receives_a_view_once(connection: Connection) -> None:
    timing = ReportTiming(WEEKLY, 1, 7)
    set_schedule(connection, "v", "ann", timing, FRIDAY_NOON)
    set_schedule(connection, "v", "bob", timing, FRIDAY_NOON)
    set_schedule(connection, "v", "ann", ReportTiming(MONTHLY, 1, 8), FRIDAY_NOON)
    assert read_timings(connection, "ann") == {"v": ReportTiming(MONTHLY, 1, 8)}
    assert len(read_schedules(connection)) == 2
    assert remove_schedule(connection, "v", "ann") == 1
    assert remove_schedule(connection, "v") == 1
