"""A log covers whole hours of the period that it states, and nothing where it may have gaps."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.plays.coverage import (
    CoverageError,
    LogCoverage,
    parse_period,
    read_covered_hours,
    state_coverage,
    store_coverage,
)
from cloud.campaigns.plays.names import LogNames
from tests.cloud.campaigns.campaign_data import SEVEN, SEVEN_S, SITES

NAMES = LogNames(SITES)
NOW = SEVEN + timedelta(days=1)
HOUR = timedelta(hours=1)


def test_only_whole_hours_are_covered_also_by_several_logs_together(
    connection: Connection,
) -> None:
    for since, until in ((0.5, 1.5), (1.5, 3.0), (1.0, 2.0), (4.0, 4.9)):
        coverage = LogCoverage(SEVEN + since * HOUR, SEVEN + until * HOUR)
        for _ in range(2):
            store_coverage(connection, coverage, ["KX-01"], "0" * 32)
    present = {"KX-01": "KX-01", "LB-01": "LB-01"}
    found = read_covered_hours(connection, present, SEVEN_S, SEVEN_S + 8 * 3_600)
    assert found == {HourKey("KX-01", SEVEN_S + hour * 3_600) for hour in (1, 2)}
    assert read_covered_hours(connection, present, SEVEN_S, SEVEN_S + 3_600) == frozenset()


def test_a_period_is_read_with_its_screens() -> None:
    since, until = parse_period("2026-11-23T07:00Z..2026-11-23T08:00:00+00:00")
    assert (since, until) == (SEVEN, SEVEN + HOUR)
    assert state_coverage(since, until, ["KX-01"], NAMES, NOW).screens == ("KX-01",)


@pytest.mark.parametrize(
    ("period", "screens", "sentence"),
    [
        ("2026-11-23", (), "is no period"),
        ("2026-11-23..2026-11-24..2026-11-25", (), "is no period"),
        ("2026-11-23..2026-11-24", (), "no offset"),
        ("2026-11-23T00:00Z..2026-11-23T00:00Z", (), "has ended"),
        ("2026-11-23T00:00Z..2027-11-23T00:00Z", (), "has ended"),
        ("2020-11-23T00:00Z..2026-11-23T00:00Z", (), "400 days"),
        ("2026-11-23T00:00Z..2026-11-24T00:00Z", ("Nowhere",), "not in the sites file"),
    ],
)
def test_a_period_that_no_log_covers_is_refused(
    period: str, screens: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CoverageError, match=sentence):
        state_coverage(*parse_period(period), screens, NAMES, NOW)
