"""The robust range ignores outliers, three sigma does not; few values give no range."""

import pytest

from cloud.alerting.retail.usual_range import MIN_VALUES, RangeMethod, compute_usual

STEADY = [100.0, 101, 99, 100, 102, 98, 100, 101, 99, 100]


def test_few_values_have_no_usual_range() -> None:
    assert compute_usual(STEADY[: MIN_VALUES - 1]) is None


@pytest.mark.parametrize("method", RangeMethod)
def test_a_value_far_from_steady_ones_is_outside(method: RangeMethod) -> None:
    usual = compute_usual(STEADY, method)
    assert usual is not None
    assert usual.exceeds(110)
    assert usual.is_low(90)
    assert not usual.exceeds(101)
    assert not usual.is_low(110)


def test_promotions_widen_three_sigma_and_not_the_robust_range() -> None:
    with_promotions = [*STEADY, 60.0, 62.0]
    robust = compute_usual(with_promotions)
    sigma = compute_usual(with_promotions, RangeMethod.SIGMA)
    assert robust is not None
    assert sigma is not None
    assert robust.exceeds(70)
    assert not sigma.exceeds(70)
