"""Impressions of a play are those of plays whose audience is known; missing is not zero."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from cloud.campaigns.attribution import LineHour
from cloud.campaigns.estimates import estimate_hour
from cloud.trade.exports.play_values import delivered_values
from tests.cloud.campaigns.test_estimates import LOOP, hour


@pytest.mark.parametrize(
    ("hours", "impressions"),
    [
        ([hour(60, 600_000, 1_500_000)], "2.5"),
        ([hour(60, 600_000, 1_500_000), hour(60, None)], "2.5"),
        ([hour(60, None)], None),
        ([hour(60, 600_000, 0)], "0"),
    ],
    ids=["observed", "observed and unknown", "unknown", "nobody in view"],
)
def test_plays_with_an_unknown_audience_count_as_no_impressions_and_no_plays(
    hours: list[LineHour], impressions: str | None
) -> None:
    campaign = SimpleNamespace(currencies=("GBP",))
    estimated = [estimate_hour(one, LOOP, None, None) for one in hours]
    (found,) = delivered_values(SimpleNamespace(campaign=campaign, hours=estimated))  # type: ignore[arg-type]
    assert found.impressions == (None if impressions is None else Decimal(impressions))
    assert found.plays == 60 * len(hours)
