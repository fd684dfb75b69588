"""Intervals of ratios: days are the sample, few days are wide, and nothing is not zero."""

import pytest

from cloud.analytics.analytics_query import AttentionMeasure
from cloud.analytics.ratio import estimate_ratio
from cloud.analytics.site_hours import CellSums


def day(visits: int, viewers: int, observed_ms: int = 3_600_000) -> CellSums:
    return CellSums(
        expected_ms=3_600_000,
        observed_ms=observed_ms,
        visits=visits,
        onlookers=viewers,
        person_ms=visits * 5_000,
        looking_ms=viewers * 2_000,
    )


def test_the_ratio_is_of_sums_and_its_error_of_the_differences_between_days() -> None:
    found = estimate_ratio([day(100, 10), day(200, 60), day(100, 30)], AttentionMeasure.VIEWERS)
    assert found is not None
    assert (found.value, found.days) == (0.25, 3)
    # residuals -15, 10 and 5: 3/2 * 350 / 400² = 0.0573²; t with two degrees of freedom is 4.3027
    assert found.error == pytest.approx(0.05728, abs=1e-5)
    assert (found.low, found.high) == (
        pytest.approx(0.25 - 4.3027 * 0.05728, abs=1e-4),
        pytest.approx(0.25 + 4.3027 * 0.05728, abs=1e-4),
    )


def test_days_in_which_visitors_look_together_are_wider_than_independent_visits() -> None:
    clustered = estimate_ratio([day(100, share) for share in (5, 35) * 7], AttentionMeasure.VIEWERS)
    even = estimate_ratio([day(100, 20)] * 14, AttentionMeasure.VIEWERS)
    assert clustered is not None
    assert even is not None
    assert clustered.value == even.value == 0.2
    assert clustered.error is not None
    assert even.error is not None
    assert clustered.error > 3 * even.error
    assert even.error == pytest.approx((0.2 * 0.8 / 1400) ** 0.5, rel=0.01)  # not zero


@pytest.mark.parametrize("days", [[], [day(0, 0)], [day(100, 20, observed_ms=0)]])
def test_without_visits_there_is_no_rate(days: list[CellSums]) -> None:
    assert estimate_ratio(days, AttentionMeasure.VIEWERS) is None


def test_two_days_have_a_rate_and_no_interval() -> None:
    found = estimate_ratio([day(100, 20), day(100, 30)], AttentionMeasure.VIEWERS)
    assert found is not None
    assert (found.value, found.low, found.high) == (0.25, None, None)


def test_attention_seconds_are_of_person_seconds_or_of_observed_hours() -> None:
    days = [day(100, viewers) for viewers in (10, 20, 30)]
    share = estimate_ratio(days, AttentionMeasure.ATTENTION)
    hourly = estimate_ratio(days, AttentionMeasure.ATTENTION_PER_HOUR)
    assert share is not None
    assert hourly is not None
    assert share.value == pytest.approx(120 / 1500)
    assert hourly.value == pytest.approx(40.0)
    assert hourly.high is not None
    assert hourly.high > 60
