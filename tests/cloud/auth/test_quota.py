"""A quota allows exactly its requests in a period, refills evenly, and says what remains."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.auth.quota import Quota, RateMeter

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("questions", [1, 2, 3, 7, 13, 17, 999, 1_000, 1_001])
def test_a_burst_is_allowed_up_to_the_quota_and_counted_down(questions: int) -> None:
    """Also where a period is no whole number of microseconds per request."""
    quota, meter = Quota(questions, HOUR), RateMeter(NOW)
    decisions = [meter.take(quota, NOW) for _ in range(questions + 1)]
    assert [one.allowed for one in decisions] == [True] * questions + [False]
    assert [one.remaining for one in decisions] == [*range(questions - 1, -1, -1), 0]


def test_a_refused_request_is_not_counted_and_says_when_one_is_refilled() -> None:
    quota, meter = Quota(4, HOUR), RateMeter(NOW)
    for _ in range(4):
        meter.take(quota, NOW)
    first = meter.take(quota, NOW + timedelta(minutes=5))
    again = meter.take(quota, NOW + timedelta(minutes=5))
    assert first == again
    assert first.retry_after == timedelta(minutes=10)
    assert not meter.take(quota, NOW + timedelta(minutes=15, microseconds=-1)).allowed
    assert meter.take(quota, NOW + timedelta(minutes=15)).allowed


def test_a_full_period_later_the_whole_quota_is_there_again_and_no_more() -> None:
    quota, meter = Quota(3, HOUR), RateMeter(NOW)
    for _ in range(3):
        meter.take(quota, NOW)
    later = NOW + 5 * HOUR
    assert [meter.take(quota, later).remaining for _ in range(4)] == [2, 1, 0, 0]


def test_a_clock_that_goes_back_allows_nothing_extra() -> None:
    quota, meter = Quota(2, HOUR), RateMeter(NOW)
    meter.take(quota, NOW)
    meter.take(quota, NOW)
    back = meter.take(quota, NOW - HOUR)
    assert (back.allowed, back.remaining) == (False, 0)
    assert back.retry_after == HOUR + timedelta(minutes=30)


def test_policy_and_decision_are_written_as_the_headers_have_them() -> None:
    quota, meter = Quota(1_000, HOUR), RateMeter(NOW)
    assert quota.policy == '"key";q=1000;w=3600'
    assert meter.take(quota, NOW).written == '"key";r=999;t=4'  # 3.6 s, rounded up
