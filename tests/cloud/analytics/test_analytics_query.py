"""The query of an address becomes an analysis, or a sentence that says what to change."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cloud.analytics import analytics_query
from cloud.analytics.analytics_query import (
    AnalyticsQuery,
    AnalyticsQueryError,
    AttentionMeasure,
    parse_query,
)
from tests.cloud.rates import sites

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_names_of_the_page_alone_are_ignored() -> None:
    found = parse_query("days=7&weekday=1&weekday=5&measure=attention&sort=name&location=KX-01")
    assert found == AnalyticsQuery(
        days=7, weekday=(1, 5), measure=AttentionMeasure.ATTENTION, location=("KX-01",)
    )
    assert parse_query("weekday=1%2C5&location=KX-01,LB-01") == AnalyticsQuery(
        weekday=(1, 5), location=("KX-01", "LB-01")
    )
    assert parse_query("") == AnalyticsQuery()


@pytest.mark.parametrize(
    "text",
    ["days=0", "days=93", "weekday=8", "hour_from=9&hour_until=9", "until=soon",
     "until=0001-01-01", "measure=x",
     "venue_type=a", "x=" + "y" * 1_000],
)  # fmt: skip
def test_a_value_that_is_not_allowed_is_named(text: str) -> None:
    with pytest.raises(AnalyticsQueryError):
        parse_query(text)


def test_the_days_are_those_of_the_location_and_end_before_today() -> None:
    asked = AnalyticsQuery(days=2)
    assert asked.period(ZoneInfo("Europe/London"), NOON) == (date(2026, 11, 18), date(2026, 11, 20))
    assert asked.period(ZoneInfo("Asia/Tokyo"), NOON)[1] == date(2026, 11, 20)
    assert asked.period(ZoneInfo("Pacific/Kiritimati"), NOON)[1] == date(2026, 11, 21)
    later = AnalyticsQuery(days=2, until=date(2027, 1, 1))
    assert later.period(ZoneInfo("UTC"), NOON)[1] == date(2026, 11, 20)


def test_hours_and_weekdays_select(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = AnalyticsQuery(hour_from=7, hour_until=9, weekday=(1,))
    monday, tuesday = date(2026, 11, 16), date(2026, 11, 17)
    assert [hour for hour in range(24) if asked.includes(monday, hour)] == [7, 8]
    assert not asked.includes(tuesday, 7)
    assert [site.id for site in AnalyticsQuery(location=("LB-01",)).select(sites())] == ["LB-01"]
    monkeypatch.setattr(analytics_query, "MAX_LOCATION_DAYS", 100)
    with pytest.raises(AnalyticsQueryError, match="8 locations for 28 days"):
        AnalyticsQuery().select(sites())
