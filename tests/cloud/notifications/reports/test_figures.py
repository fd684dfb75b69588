"""Figures of reports: a dash where nothing is known, never a zero."""

from datetime import UTC, date, datetime

import pytest

from cloud.analytics.analytics_query import AnalyticsQuery, AttentionMeasure
from cloud.analytics.ratio import RatioEstimate
from cloud.notifications.reports.figures import (
    write_interval,
    write_period,
    write_rate,
    write_share,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOURLY, VIEWERS = AttentionMeasure.ATTENTION_PER_HOUR, AttentionMeasure.VIEWERS


def test_rates_have_the_unit_of_their_measure() -> None:
    assert write_rate(0.187, VIEWERS) == "18.7 %"
    assert write_rate(1_234.4, HOURLY) == "1,234 s"
    assert write_interval(RatioEstimate(0.2, 5, 0.01, 0.171, 0.229), VIEWERS) == "17.1 to 22.9"
    assert write_interval(RatioEstimate(900, 5, 9, 880, 921), HOURLY) == "880 to 921"


def test_what_is_not_known_is_a_dash() -> None:
    assert {write_rate(None, VIEWERS), write_share(None), write_interval(None, VIEWERS),
            write_interval(RatioEstimate(0.2, 2), VIEWERS)} == {"—"}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "period"),
    [
        (AnalyticsQuery(), "28 days before 20 November 2026"),
        (AnalyticsQuery(days=1, until=date(2026, 11, 3)), "1 day before 3 November 2026"),
        (AnalyticsQuery(weekday=(7, 6)), "28 days before 20 November 2026, Sat, Sun"),
    ],
)
def test_the_period_says_what_is_in_it(asked: AnalyticsQuery, period: str) -> None:
    assert write_period(asked, NOON) == period
