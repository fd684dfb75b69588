"""Each rule names what was found and expected since when, and is silent without data."""

from datetime import datetime, timedelta

import pytest

from cloud.alerting.retail.price_rules import (
    CompetitorView,
    PricePointView,
    StockView,
    StorePrice,
    measure_competitor,
    measure_flash_sale,
    measure_gaps,
    measure_moves,
    measure_stock,
)
from cloud.alerting.retail.usual_range import RangeMethod
from cloud.alerting.rules import THRESHOLDS, AlertKind, Measure
from cloud.sales.retail.prices import (
    ApprovedPrice,
    PriceKey,
    PriceLayer,
    PriceSource,
    PriceState,
)
from tests.cloud.sales.retail.retail_rows import KEY, NOON

MINUTE = timedelta(minutes=1)
DAYS = [10.0] * 28


def is_raised(measure: Measure | None) -> bool:
    assert measure is not None
    return measure.value >= THRESHOLDS[measure.kind].raise_at


def approved(price_minor: int = 400, ends_at: datetime | None = None) -> ApprovedPrice:
    return ApprovedPrice(
        id="p", product=KEY.product, store=KEY.store, price_minor=price_minor, currency="GBP",
        starts_at=NOON - 60 * MINUTE, ends_at=ends_at, layer=PriceLayer.BASE,
        source=PriceSource.CHANGE, state=PriceState.ACTIVE, batch="b", approved_by="ann",
        approved_at=NOON, activated_at=NOON - 60 * MINUTE,
    )  # fmt: skip


def point(price_minor: int, promotion: str | None = None, currency: str = "GBP") -> PricePointView:
    return PricePointView(KEY, NOON, price_minor, currency, promotion)


def moves(
    *points: PricePointView,
    earlier: list[float] | None = None,
    method: RangeMethod = RangeMethod.MAD,
    path: list[ApprovedPrice] | None = None,
) -> list[Measure]:
    history = {KEY: earlier} if earlier else {}
    return list(measure_moves(points, {KEY: path} if path else {}, history, method))


def test_a_price_that_is_not_the_approved_one_is_raised_with_both() -> None:
    [measure] = moves(point(330), path=[approved()])
    assert is_raised(measure)
    assert (measure.location, measure.device) == (KEY.store, KEY.product)
    for part in ("found 3.30 GBP", "expected 4.00", "approved by ann", "since 2026-11-20 12:00Z"):
        assert part in measure.message
    assert not is_raised(moves(point(345), path=[approved()])[0])


def test_the_worst_price_of_the_hour_counts() -> None:
    [measure] = moves(point(400), point(300), point(390), path=[approved()])
    assert measure.value == pytest.approx(0.25)


def test_a_flagged_promotion_and_another_currency_give_no_measure() -> None:
    assert moves(point(200, "deal"), point(200, currency="EUR"), path=[approved()]) == []


def test_without_an_approved_price_the_usual_range_decides() -> None:
    assert moves(point(300)) == []
    assert moves(point(300), earlier=[400.0] * 7) == []
    assert is_raised(moves(point(300), earlier=[400.0, 401.0] * 6)[0])
    assert not is_raised(moves(point(300), earlier=[300.0, 500.0, 400.0] * 4)[0])
    ended = [approved(ends_at=NOON - MINUTE)]
    assert moves(point(300), path=ended) == []


def test_three_sigma_is_an_option() -> None:
    earlier = [400.0] * 10 + [200.0, 200.0]
    assert is_raised(moves(point(300), earlier=earlier)[0])
    assert not is_raised(moves(point(300), earlier=earlier, method=RangeMethod.SIGMA)[0])


def competitor(newest: int, price: int = 400, earlier: list[float] | None = None) -> Measure | None:
    view = CompetitorView(KEY, NOON, price, "GBP", newest, earlier or [400.0] * 10, 1.25)
    return measure_competitor(view)


def test_a_cut_beyond_the_band_is_raised() -> None:
    assert is_raised(competitor(300))
    assert not is_raised(competitor(330))  # a cut within the band
    assert not is_raised(competitor(395, price=600))  # no cut: the own price has moved
    assert competitor(300, earlier=[400.0]) is None


def stock(stock: int, recent: float, end_days: float | None = None, days: int = 28) -> StockView:
    return StockView(KEY, NOON, stock, [10.0] * (days - 7) + [recent] * 7, end_days)


def test_low_demand_with_much_stock_is_an_opportunity() -> None:
    assert is_raised(measure_flash_sale(stock(600, 5.0)))
    assert not is_raised(measure_flash_sale(stock(600, 10.0)))  # demand is usual
    assert not is_raised(measure_flash_sale(stock(200, 5.0)))  # stock is not
    assert is_raised(measure_flash_sale(stock(200, 5.0, end_days=10)))  # but must go in ten days
    assert measure_flash_sale(stock(600, 5.0, days=14)) is None


def test_a_product_that_sells_is_out_of_stock() -> None:
    assert is_raised(measure_stock(stock(0, 3.0)))
    assert not is_raised(measure_stock(stock(0, 0.0)))
    assert not is_raised(measure_stock(stock(1, 3.0)))


def test_the_dearer_of_two_nearby_stores_is_raised() -> None:
    prices = [
        StorePrice(PriceKey("orange", store), NOON, price, currency)
        for store, price, currency in (
            ("A", 450, "GBP"), ("B", 400, "GBP"), ("C", 300, "GBP"), ("D", 200, "EUR"),
        )
    ]  # fmt: skip
    near = {"A": ["B", "D"], "B": ["A"], "C": [], "D": ["A"]}
    found = {one.location: is_raised(one) for one in measure_gaps(prices, near)}
    assert found == {"A": True, "B": False}
    assert all(one.kind is AlertKind.PRICE_GAP for one in measure_gaps(prices, near))
