"""A weighted mean of two models, a tenth wider and half of that at the turn of the year."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest

from cloud.forecast.models.blend import Blend
from cloud.forecast.series import WEEK_H, ClockSeries, Floats

MONDAY = date(2026, 11, 23)
CHRISTMAS = frozenset({date(2026, 12, 25), date(2027, 1, 1)})


@dataclass(frozen=True)
class Constant:
    """A model with the same three quantiles in every hour."""

    quantiles: tuple[float, float, float]
    name: str = "constant"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        return np.tile(np.array(self.quantiles)[None, :, None], (len(history.values), 1, WEEK_H))


def history(ends_on: date = MONDAY, *, highest: float = 1000.0) -> ClockSeries:
    return ClockSeries(ends_on - timedelta(weeks=1), np.full((1, WEEK_H), float(highest)))


ONE, OTHER = Constant((90, 100, 120)), Constant((40, 50, 60))


def test_each_quantile_is_four_parts_of_one_and_one_of_the_other_a_tenth_wider():
    found = Blend(ONE, OTHER).week(history(), frozenset())

    assert found.shape == (1, 3, WEEK_H)
    # 80, 90 and 108 before the sides are 1.1 times as far from the middle
    assert found[0, :, 0].tolist() == pytest.approx([90 - 11, 90, 90 + 19.8])
    assert found[0].std(axis=1).max() < 1e-9


@pytest.mark.parametrize(("share", "middle"), [(1.0, 100), (0.0, 50), (0.5, 75)])
def test_the_share_is_that_of_the_first_model(share: float, middle: float):
    found = Blend(ONE, OTHER, share=share, widen=1.0).week(history(), frozenset())
    assert found[0, 1, 0] == middle


def test_the_days_from_24_december_are_half_as_much_wider():
    ends_on = date(2026, 12, 21)  # Monday; Thursday is the 24th
    low = Blend(ONE, OTHER).week(history(ends_on), CHRISTMAS)[0, 0].reshape(7, 24)

    assert low[:3].ravel() == pytest.approx(np.full(72, 90 - 11))
    assert low[3:].ravel() == pytest.approx(np.full(96, 90 - 10.5))


def test_without_christmas_in_the_calendar_december_is_as_wide_as_ever():
    found = Blend(ONE, OTHER).week(history(date(2026, 12, 21)), frozenset())
    assert found[0, 0] == pytest.approx(np.full(WEEK_H, 79))


def test_the_blend_is_limited_by_the_highest_hour_of_the_site():
    found = Blend(ONE, OTHER).week(history(highest=36), frozenset())
    assert found[0, :, 0].tolist() == pytest.approx([79, 90, 90])  # 2.5 times 36
