"""Pure alert rules of retail prices: each message has what was found and expected, since when.

What is not known gives no measure, so that no alert is raised or cleared without data. Prices are
minor units of the currency of the store.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.alerting.retail.usual_range import RangeMethod, UsualValues, compute_usual
from cloud.alerting.rules import AlertKind, Measure
from cloud.money import written
from cloud.sales.retail.prices import ApprovedPrice, PriceKey, price_at

MIN_CUT: Final = 0.03
"""A competitor's price that is lower by less than this is no action."""
COVER_DAYS: Final = 28.0
"""The stock that a store needs, where no clearance ends earlier."""
NEAR_KM: Final = 5.0
RECENT_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class PricePointView:
    """What the rules read of a price point."""

    key: PriceKey
    at: datetime
    price_minor: int
    currency: str
    promotion: str | None


@dataclass(frozen=True, slots=True)
class CompetitorView:
    """A competitor's newest price, those before it, and the band of the rules.

    `most` is the greatest allowed ratio of the own price to the competitor's.
    """

    key: PriceKey
    at: datetime
    price_minor: int
    currency: str
    newest_minor: int
    earlier_minor: Sequence[float]
    most: float


@dataclass(frozen=True, slots=True)
class StockView:
    """Stock and daily units of a product in a store; the newest days are the last ones.

    `end_days` are the days until a clearance ends; None without one.
    """

    key: PriceKey
    at: datetime
    stock: int
    units: Sequence[float]
    end_days: float | None


@dataclass(frozen=True, slots=True)
class StorePrice:
    """The regular price of a product in a store."""

    key: PriceKey
    at: datetime
    price_minor: int
    currency: str


def measure_moves(
    points: Iterable[PricePointView],
    path: Mapping[PriceKey, Sequence[ApprovedPrice]],
    earlier: Mapping[PriceKey, Sequence[float]],
    method: RangeMethod = RangeMethod.MAD,
) -> Iterator[Measure]:
    """Compare the prices of an hour with the approved path, without flagged promotions.

    A product without an approved price is compared with its usual price, and the difference counts
    only outside of the usual range.
    """
    worst: dict[PriceKey, Measure] = {}
    for point in points:
        if point.promotion is not None:
            continue
        approved = price_at(path.get(point.key, ()), point.at)
        usual = None if approved else compute_usual(earlier.get(point.key, ()), method)
        expected = approved.price_minor if approved else usual.centre if usual else None
        if expected is None or (approved and approved.currency != point.currency):
            continue
        share = abs(point.price_minor - expected) / expected
        if usual is not None and not usual.exceeds(point.price_minor):
            share = 0.0
        measure = _describe_move(point, expected, share, approved)
        before = worst.get(point.key)
        if before is None or before.value < share:
            worst[point.key] = measure
    yield from worst.values()


def _describe_move(
    point: PricePointView, expected: float, share: float, approved: ApprovedPrice | None
) -> Measure:
    basis = f"approved by {approved.approved_by}" if approved else "its usual price"
    found, wanted = (
        written(point.price_minor, point.currency),
        written(round(expected), point.currency),
    )
    message = (
        f"found {found} {point.currency}, expected {wanted} ({basis}), {share:.0%} apart, since "
        f"{_instant(point.at)}, without a promotion"
    )
    return _measure(AlertKind.PRICE_MOVE, point.key, share, message)


def measure_competitor(
    view: CompetitorView, method: RangeMethod = RangeMethod.MAD
) -> Measure | None:
    """By how much the own price exceeds the band after a competitor has cut its price."""
    usual = compute_usual(view.earlier_minor, method)
    if usual is None:
        return None
    is_cut = view.newest_minor < usual.centre * (1 - MIN_CUT)
    excess = view.price_minor / (view.newest_minor * view.most) - 1
    value = max(0.0, excess) if is_cut else 0.0
    found, expected, own = (
        written(round(one), view.currency)
        for one in (view.newest_minor, usual.centre, view.price_minor)
    )
    message = (
        f"found {found} {view.currency} at the competitor, expected about {expected}, since "
        f"{_instant(view.at)}; the own price {own} is {view.price_minor / view.newest_minor:.2f} "
        f"times that, and the rules allow {view.most:.2f}"
    )
    return _measure(AlertKind.COMPETITOR_CUT, view.key, value, message)


def measure_stock(view: StockView) -> Measure:
    """Whether a product that sells is out of stock."""
    sold = sum(view.units[-RECENT_DAYS:])
    message = (
        f"found {view.stock} in stock, expected more than 0 ({sold:.0f} sold in the last "
        f"{min(RECENT_DAYS, len(view.units))} observed days), since {_instant(view.at)}"
    )
    return _measure(AlertKind.STOCK_OUT, view.key, float(view.stock <= 0 < sold), message)


def measure_flash_sale(view: StockView, method: RangeMethod = RangeMethod.MAD) -> Measure | None:
    """How many times the needed stock a store has, where its demand is below the usual range."""
    recent, earlier = view.units[-RECENT_DAYS:], view.units[:-RECENT_DAYS]
    usual = _usual_week(earlier, method)
    if usual is None or len(recent) < RECENT_DAYS:
        return None
    rate = sum(recent) / RECENT_DAYS
    needed_days = COVER_DAYS if view.end_days is None else max(1.0, min(COVER_DAYS, view.end_days))
    cover = view.stock / max(rate, 1 / RECENT_DAYS)
    value = cover / needed_days if usual.is_low(rate) else 0.0
    message = (
        f"found {rate:.1f} units a day and stock for {cover:.0f} days, expected about "
        f"{usual.centre:.1f} units and stock for {needed_days:.0f} days, since "
        f"{_instant(view.at)}: a sale may pay"
    )
    return _measure(AlertKind.FLASH_SALE, view.key, value, message)


def _usual_week(units: Sequence[float], method: RangeMethod) -> UsualValues | None:
    """The usual units of a day, as the mean of any seven days in a row."""
    weeks = [
        sum(units[at : at + RECENT_DAYS]) / RECENT_DAYS
        for at in range(len(units) - RECENT_DAYS + 1)
    ]
    return compute_usual(weeks, method)


def measure_gaps(
    prices: Iterable[StorePrice], near: Mapping[str, Sequence[str]]
) -> Iterator[Measure]:
    """By how much a store is dearer than the cheapest one nearby, for each product."""
    by_product: dict[str, dict[str, StorePrice]] = {}
    for one in prices:
        by_product.setdefault(one.key.product, {})[one.key.store] = one
    for found in by_product.values():
        for one in found.values():
            others = [found[store] for store in near.get(one.key.store, ()) if store in found]
            same = [other for other in others if other.currency == one.currency]
            if not same:
                continue
            cheapest = min(same, key=lambda other: (other.price_minor, other.key))
            gap = max(0.0, one.price_minor / cheapest.price_minor - 1)
            message = (
                f"found {written(one.price_minor, one.currency)} {one.currency}, expected near "
                f"{written(cheapest.price_minor, one.currency)}, the price in {cheapest.key.store} "
                f"nearby, since {_instant(max(one.at, cheapest.at))}"
            )
            yield _measure(AlertKind.PRICE_GAP, one.key, gap, message)


def _measure(kind: AlertKind, key: PriceKey, value: float, message: str) -> Measure:
    return Measure(kind, key.store, key.product, value, message)


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"
