"""The number of rows of a day against the days before it."""

from datetime import date, datetime, timedelta

import pytest

from cloud.database import writing
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile, Operation, commit
from cloud.lake.trusted.anomalies import find_unusual_days
from cloud.lake.trusted.contracted_tables import contracted_tables
from tests.cloud.databases import SQLITE_ONLY
from tests.cloud.lake.conftest import NOW

pytestmark = SQLITE_ONLY
REPORTS, *_ = contracted_tables()
FIRST = date(2026, 11, 1)


def write(lake: Lake, rows_of_days: list[int]) -> None:
    """The manifest alone: one file for each day that has rows."""
    files = [
        DataFile(f"{day}.parquet", day, rows, 1, "", 1)
        for number, rows in enumerate(rows_of_days)
        if rows
        for day in [FIRST + timedelta(days=number)]
    ]
    with writing(lake.engine) as connection:
        commit(connection, REPORTS.target.full_name, Operation.APPEND, added=files, now=NOW)


@pytest.mark.parametrize(
    ("rows_of_days", "expected"),
    [
        ([100] * 14, []),
        ([100] * 13 + [150], []),
        ([100] * 13 + [151], [(14, 151, 50, 150)]),
        ([100] * 13 + [49], [(14, 49, 50, 150)]),
        ([100] * 12 + [0, 100], [(13, 0, 50, 150)]),  # a day without rows
        ([100] * 13, [(14, 0, 50, 150)]),
        ([60, 100, 140] * 4 + [60, 260], []),  # within five deviations of 40
        ([60, 100, 140] * 4 + [60, 301], [(14, 301, 0, 300)]),
        ([0] * 7 + [100] * 6 + [9], []),  # six days before it are too few to tell
    ],
)
def test_a_day_far_from_the_median_is_reported(lake: Lake, rows_of_days, expected):
    write(lake, rows_of_days)
    now = datetime(2026, 11, 15, 3, tzinfo=NOW.tzinfo)
    found = list(find_unusual_days(lake, [REPORTS], now=now))
    assert [(one.day.day, one.rows, one.least, one.most) for one in found] == expected


def test_an_unusual_day_says_what_was_found_and_expected(lake: Lake):
    write(lake, [100] * 13 + [7])
    (found,) = find_unusual_days(lake, [REPORTS], now=datetime(2026, 11, 15, tzinfo=NOW.tzinfo))
    assert str(found) == (
        "trusted.audience_reports on 2026-11-14: found 7 rows, expected 50 to 150 by the 13 days "
        "before"
    )


def test_a_table_without_rows_has_no_unusual_day(lake: Lake):
    assert list(find_unusual_days(lake, [REPORTS], now=NOW)) == []


def test_the_present_day_is_not_complete(lake: Lake):
    write(lake, [100] * 13 + [7])
    now = datetime(2026, 11, 14, 23, tzinfo=NOW.tzinfo)
    assert list(find_unusual_days(lake, [REPORTS], now=now)) == []
