"""Outliers of regular prices are refused, those of promotions are flagged."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from cloud.ingest.retail.outliers import RecentPrices, find_usual, judge
from cloud.ingest.retail.rules import OutlierMethod, OutlierRule
from cloud.retail_wire import PriceErrorReason
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import (
    CONTEXT,
    REGULAR,
    message_of,
    read_points,
    send,
)

MAD = OutlierRule()
SIGMA = OutlierRule(method=OutlierMethod.SIGMA)


@pytest.mark.parametrize("rule", [MAD, SIGMA])
@pytest.mark.parametrize(
    ("price", "is_usual"), [(250, True), (140, True), (450, True), (135, False), (460, False)]
)
def test_a_price_that_never_moved_has_the_least_scale(
    rule: OutlierRule, price: int, *, is_usual: bool
) -> None:
    recent = RecentPrices(regular=[250] * 10)
    assert (judge(price, recent, is_promoted=False, rule=rule) is None) is is_usual


def test_few_prices_decide_nothing() -> None:
    recent = RecentPrices(regular=[250] * 7)
    assert judge(25_000, recent, is_promoted=False, rule=MAD) is None


def test_an_outlier_widens_the_deviation_and_not_the_median() -> None:
    prices = [100, 110, 120, 130, 140, 150, 160, 170, 100_000]
    assert find_usual(prices, replace(MAD, least_scale=0.01)).most_minor < 1_000
    assert find_usual(prices, replace(SIGMA, least_scale=0.01)).most_minor > 100_000


def test_prices_that_vary_have_wide_limits() -> None:
    recent = RecentPrices(regular=[100, 150, 200, 300, 400, 250, 120, 350])
    assert judge(600, recent, is_promoted=False, rule=MAD) is None


def test_promotions_are_compared_with_promotions() -> None:
    recent = RecentPrices(regular=[250] * 10, promoted=[100] * 10)
    assert judge(100, recent, is_promoted=True, rule=MAD) is None
    assert judge(250, recent, is_promoted=True, rule=MAD) is not None
    assert judge(100, recent, is_promoted=False, rule=MAD) is not None


def _point(n: int, **changes: Any) -> bytes:
    return message_of(event_id=f"e{n}", observed_at=f"2026-03-01T{n:02}:00:00Z",
                      **(REGULAR | changes))  # fmt: skip


TEN_TIMES = {"price": "25.00", "list_price": "25.00", "revenue": "300.00"}


@pytest.fixture
def stocked(tmp_path: Path) -> Any:
    engine = new_engine(tmp_path)
    assert send(engine, *(_point(n) for n in range(9))).committed == 9
    yield engine
    engine.dispose()


def test_a_price_of_ten_times_is_refused_and_changes_no_limit(stocked: Engine) -> None:
    (error,) = send(stocked, _point(10, **TEN_TIMES)).errors
    assert error.reason is PriceErrorReason.OUTLIER
    assert (error.found, error.expected[:12]) == ("25.00 GBP", "1.38 to 4.55")
    assert len(read_points(stocked)) == 9
    assert send(stocked, _point(11)).committed == 1


def test_an_outlier_within_the_same_batch_is_refused(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    result = send(engine, *(_point(n) for n in range(8)), _point(9, **TEN_TIMES))
    assert (result.committed, len(result.errors)) == (8, 1)
    engine.dispose()


def test_a_promotion_is_flagged_and_committed(stocked: Engine) -> None:
    deals = [_point(10 + n, promotion="deal") for n in range(8)]
    assert send(stocked, *deals).flagged == 0
    result = send(stocked, _point(20, promotion="deal", **TEN_TIMES))
    assert (result.committed, result.flagged) == (1, 1)
    assert read_points(stocked)[-1].is_outlier


def test_a_confirmed_price_begins_a_new_level(stocked: Engine) -> None:
    confirmed = send(stocked, _point(10, **TEN_TIMES), confirms=True)
    assert (confirmed.committed, confirmed.flagged) == (1, 1)
    assert send(stocked, _point(11, **TEN_TIMES)).committed == 1
    assert [row.is_outlier for row in read_points(stocked)][-2:] == [True, False]


def test_the_rule_can_be_three_sigma(stocked: Engine) -> None:
    context = replace(CONTEXT, rules=replace(CONTEXT.rules, outliers=SIGMA))
    (error,) = send(stocked, _point(10, **TEN_TIMES), context=context).errors
    assert error.reason is PriceErrorReason.OUTLIER
