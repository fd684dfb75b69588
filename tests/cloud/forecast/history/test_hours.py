"""Measured hours as columns, and their position on a clock that changes twice a year."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud import database
from cloud.database import EPOCH
from cloud.forecast.history.hours import ObservedHours, read_hours
from cloud.forecast.series import clock_series
from cloud.sites.sites_file import load_sites
from cloud.windows.query import hourly
from tests.cloud.databases import new_engine

KINGS_CROSS = load_sites().location("KX-01")
LONDON = ZoneInfo("Europe/London")


def blank(starts: list[datetime]) -> ObservedHours:
    seconds = np.array([int((at - EPOCH).total_seconds()) for at in starts], dtype=np.int64)
    return ObservedHours(seconds, np.ones(len(starts)), np.ones((4, len(starts))))


@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
@pytest.mark.parametrize("first", ["2026-03-25", "2026-10-01", "2026-10-23"])
def test_every_hour_lies_where_the_local_clock_shows_it(zone: str, first: str):
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    starts = [start + timedelta(hours=hour) for hour in range(24 * 12)]
    local = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC) for at in starts]
    shown = [int((at - EPOCH).total_seconds()) // 3600 for at in local]

    assert blank(starts).on_clock(ZoneInfo(zone)).tolist() == shown


def test_the_hour_that_spring_takes_is_a_gap_and_the_one_that_autumn_doubles_a_mean():
    #  UTC      00    01    02            UTC      00    01    02
    #  London   00    02    03            London   01    01    02
    spring = datetime(2026, 3, 29, tzinfo=UTC)
    autumn = datetime(2026, 10, 25, tzinfo=UTC)
    laid = []
    for start in (spring, autumn):
        hours = blank([start + timedelta(hours=hour) for hour in range(3)])
        values = np.array([[10.0, 20.0, 30.0]])
        ends_on = (start + timedelta(days=1)).date()
        series = clock_series(hours.on_clock(LONDON), values, ends_on=ends_on)
        laid.append(series.values[0, :4].tolist())

    assert laid[0] == pytest.approx([10, np.nan, 20, 30], nan_ok=True)
    assert laid[1] == pytest.approx([np.nan, 15, 30, np.nan], nan_ok=True)


def test_columns_equal_the_hourly_rows_of_the_windows(tmp_path: Path):
    engine = new_engine(tmp_path)
    start = datetime(2026, 11, 20, 8, tzinfo=UTC)
    shares = (3_600_000, 1_800_000, 600_000, 0)
    with database.writing(engine) as connection:
        connection.execute(
            database.hour_tallies.insert(),
            [
                {
                    "location": "KX-01", "device": device, "observed_ms": observed_ms,
                    "hour_at": int((start + timedelta(hours=age)).timestamp()),
                    "entries": 120, "onlookers": 30, "looking_ms": 60_000, "person_ms": 90_000,
                }
                for age, observed_ms in enumerate(shares)
                for device in ("one", "two")
            ],
        )  # fmt: skip
    stretch = {"since_at": start, "until_at": start + timedelta(days=1)}
    with database.reading(engine) as connection:
        columns = read_hours(connection, KINGS_CROSS, **stretch)
        rows = ObservedHours.of(hourly(connection, "KX-01", **stretch))
    engine.dispose()

    assert len(columns) == 3
    assert columns.share.tolist() == pytest.approx([1, 0.5, 1 / 6])
    assert columns.full[1].tolist() == pytest.approx([240, 480, 1440])
    assert (columns.full == rows.full).all()
    assert len(columns.only_representative()) == 2
