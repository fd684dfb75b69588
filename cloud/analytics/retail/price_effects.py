"""What decisions on prices brought: acceptance, revenue and the change of margin, by group.

The change of margin compares product-stores whose price was changed by a decision with stores that
sell the same product at an unchanged price (difference in differences): the margin of a day since
the activation less that of the four weeks before the period, each less the mean of the comparison
stores on the same days. Stores are the clusters of the interval (Student's t). Decisions are not
random, so this describes and does not prove; an experiment does. A group without comparison stores
has no change, and says so.

Amounts are minor units of the base currency.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from sqlalchemy import BigInteger, Connection, and_, or_, select, type_coerce

from cloud.analytics.ratio import RatioEstimate, estimate_pairs
from cloud.database.columns import microseconds, total
from cloud.database.retail import retail_price_points
from cloud.sales.retail.observations import DAY_US
from cloud.sales.retail.prices import PriceKey, PriceSource
from cloud.sales.retail.recommendation_store import RecommendationState
from cloud.sales.retail.tables import retail_prices, retail_recommendations

Floats = NDArray[np.float64]
BEFORE_DAYS: Final = 28
MIN_STORES: Final = 3
"""With fewer stores no interval is stated: Student's t would be more than twelve errors."""
MIN_DAYS: Final = 7
"""Of observation before and after: every day of the week."""
LONGEST: Final = timedelta(days=366)
TWO_SIDED: Final = 0.975
CHANGES: Final = (PriceSource.RECOMMENDATION.value, PriceSource.CHANGE.value)


class MissingEffect(StrEnum):
    """Why a group has no change of margin."""

    NO_CHANGES = "no_changes"  # no decision of the period was activated
    NO_COMPARISON = "no_comparison"  # no store keeps the price of these products
    TOO_SHORT = "too_short"  # fewer than seven observed days before or after


@dataclass(frozen=True, slots=True)
class MarginEffect:
    """The change of margin a day of one product in one store, and of all of them in the period.

    The limits are None with fewer than three stores.
    """

    per_day_minor: float
    total_minor: float
    low_minor: float | None
    high_minor: float | None
    stores: int
    prices: int


@dataclass(frozen=True, slots=True)
class GroupEffects:
    """One group: a category, a region, or everything."""

    name: str
    revenue_minor: int | None
    margin_minor: int | None
    accepted: int
    changed: int
    rejected: int
    acceptance: RatioEstimate | None
    effect: MarginEffect | None
    missing: MissingEffect | None


@dataclass(frozen=True, slots=True)
class EffectReport:
    """The report of a period: everything, and each category and region."""

    since: datetime
    until: datetime
    whole: GroupEffects
    by_category: Sequence[GroupEffects]
    by_region: Sequence[GroupEffects]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A product in a store with its margin by day; NaN is not observed."""

    key: PriceKey
    category: str
    region: str
    margin: Floats
    revenue: Floats
    activated_day: int | None
    is_touched: bool


@dataclass(frozen=True, slots=True)
class _DecidedRow:
    category: str
    region: str
    day: int
    kind: str


@dataclass(frozen=True, slots=True)
class _PairChange:
    store: str
    per_day: float
    days: int


def read_effect_report(connection: Connection, since: datetime, until: datetime) -> EffectReport:
    """The report of the days from `since` until before `until`."""
    first_day = microseconds(since) // DAY_US - BEFORE_DAYS
    pairs = _read_pairs(connection, since, until, first_day)
    decided = _read_decided(connection, since, until)
    changes, missing = _measure_changes(pairs)

    def describe(name: str, attribute: str | None = None) -> GroupEffects:
        def belongs(one: _Pair | _DecidedRow) -> bool:
            return attribute is None or getattr(one, attribute) == name

        own = [one for one in pairs if belongs(one)]
        rows = [one for one in decided if belongs(one)]
        return _describe_group(name, own, rows, changes, missing)

    every: list[_Pair | _DecidedRow] = [*pairs, *decided]
    categories = sorted({one.category for one in every})
    regions = sorted({one.region for one in every})
    return EffectReport(
        since,
        until,
        describe(""),
        [describe(name, "category") for name in categories],
        [describe(name, "region") for name in regions],
    )


def _describe_group(
    name: str,
    pairs: Sequence[_Pair],
    decided: Sequence[_DecidedRow],
    changes: Mapping[PriceKey, _PairChange],
    missing: Mapping[PriceKey, MissingEffect],
) -> GroupEffects:
    is_observed = any(np.isfinite(one.revenue[BEFORE_DAYS:]).any() for one in pairs)
    found = [changes[one.key] for one in pairs if one.key in changes]
    reasons = [missing[one.key] for one in pairs if one.key in missing]
    kinds = [one.kind for one in decided]
    return GroupEffects(
        name=name,
        revenue_minor=_sum(one.revenue for one in pairs) if is_observed else None,
        margin_minor=_sum(one.margin for one in pairs) if is_observed else None,
        accepted=kinds.count("accepted"),
        changed=kinds.count("changed"),
        rejected=kinds.count("rejected"),
        acceptance=_estimate_acceptance(decided),
        effect=_estimate_effect(found) if found else None,
        missing=None if found else (reasons[0] if reasons else MissingEffect.NO_CHANGES),
    )


def _estimate_effect(changes: Sequence[_PairChange]) -> MarginEffect:
    """The mean change of a product-store-day, with stores as clusters, and its total."""
    days: dict[str, int] = {}
    sums: dict[str, float] = {}
    for one in changes:
        days[one.store] = days.get(one.store, 0) + one.days
        sums[one.store] = sums.get(one.store, 0.0) + one.per_day * one.days
    all_days, stores = sum(days.values()), len(sums)
    mean = sum(sums.values()) / all_days
    low = high = None
    if stores >= MIN_STORES:
        squares = sum((sums[one] - mean * days[one]) ** 2 for one in sums)
        error = (stores / (stores - 1) * squares) ** 0.5
        margin = float(stdtrit(stores - 1, TWO_SIDED)) * error
        low, high = mean * all_days - margin, mean * all_days + margin
    return MarginEffect(mean, mean * all_days, low, high, stores, len(changes))


def _measure_changes(
    pairs: Sequence[_Pair],
) -> tuple[dict[PriceKey, _PairChange], dict[PriceKey, MissingEffect]]:
    changes: dict[PriceKey, _PairChange] = {}
    missing: dict[PriceKey, MissingEffect] = {}
    by_product: dict[str, list[_Pair]] = {}
    for one in pairs:
        by_product.setdefault(one.key.product, []).append(one)
    for some in by_product.values():
        untouched = [one.margin for one in some if not one.is_touched]
        for one in some:
            if one.activated_day is None:
                continue
            if not untouched:
                missing[one.key] = MissingEffect.NO_COMPARISON
                continue
            change = _measure_change(one, np.array(untouched))
            if change is None:
                missing[one.key] = MissingEffect.TOO_SHORT
            else:
                changes[one.key] = change
    return changes, missing


def _measure_change(pair: _Pair, untouched: Floats) -> _PairChange | None:
    """The difference in differences of one product in one store."""
    assert pair.activated_day is not None
    observed = np.isfinite(untouched)
    counts = observed.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = np.where(observed, untouched, 0.0).sum(axis=0) / counts  # NaN without a store
    gap = pair.margin - usual
    before, after = gap[:BEFORE_DAYS], gap[pair.activated_day + 1 :]
    before, after = before[np.isfinite(before)], after[np.isfinite(after)]
    if min(len(before), len(after)) < MIN_DAYS:
        return None
    return _PairChange(pair.key.store, float(after.mean() - before.mean()), len(after))


def _read_pairs(
    connection: Connection, since: datetime, until: datetime, first_day: int
) -> list[_Pair]:
    """Every product in a store with its days; those whose price changed are touched."""
    count = microseconds(until) // DAY_US - first_day
    cells = retail_price_points.c
    day = (type_coerce(cells.observed_at, BigInteger) // DAY_US).label("day")
    margin = cells.base_revenue_minor - cells.units * cells.base_cost_minor
    wanted = (
        select(cells.product, cells.store, cells.category, cells.region, day,
               total(cells.base_revenue_minor), total(margin))
        .where(
            cells.observed_at >= since - timedelta(days=BEFORE_DAYS), cells.observed_at < until
        )
        .group_by(cells.product, cells.store, cells.category, cells.region, day)
    )  # fmt: skip
    activated, touched = _read_activated(connection, since, until)
    found: dict[PriceKey, _Pair] = {}
    for name, store, category, region, on_day, revenue, earned in connection.execute(wanted):
        key = PriceKey(name, store)
        at = on_day - first_day
        if key not in found:
            empty = np.full((2, count), np.nan)
            started = activated.get(key)
            found[key] = _Pair(
                key, category, region, empty[0], empty[1],
                None if started is None else started - first_day, key in touched,
            )  # fmt: skip
        if 0 <= at < count:
            found[key].revenue[at], found[key].margin[at] = revenue, earned
    return list(found.values())


def _read_activated(
    connection: Connection, since: datetime, until: datetime
) -> tuple[dict[PriceKey, int], set[PriceKey]]:
    """The day of the first decision that was activated, and all whose price changed."""
    cells = retail_prices.c
    starts = since - timedelta(days=BEFORE_DAYS)
    wanted = select(cells.product, cells.store, cells.source, cells.activated_at).where(
        cells.activated_at < until, or_(cells.activated_at >= starts, cells.ends_at >= starts)
    )
    activated: dict[PriceKey, int] = {}
    touched: set[PriceKey] = set()
    for row in connection.execute(wanted.order_by(cells.activated_at)):
        key = PriceKey(row.product, row.store)
        touched.add(key)
        if row.source in CHANGES and row.activated_at >= since:
            activated.setdefault(key, microseconds(row.activated_at) // DAY_US)
    return activated, touched


def _read_decided(connection: Connection, since: datetime, until: datetime) -> list[_DecidedRow]:
    cells = retail_recommendations.c
    wanted = select(
        cells.category, cells.region, cells.decided_at, cells.price_minor, cells.decided_minor,
    ).where(
        and_(cells.decided_at >= since, cells.decided_at < until),
        cells.state != RecommendationState.EXPIRED.value,
        cells.decided_by.is_not(None),
    )  # fmt: skip
    return [
        _DecidedRow(
            row.category, row.region, microseconds(row.decided_at) // DAY_US,
            _kind(row.price_minor, row.decided_minor),
        )
        for row in connection.execute(wanted)
    ]  # fmt: skip


def _kind(price_minor: int, decided_minor: int | None) -> str:
    if decided_minor is None:
        return "rejected"
    return "accepted" if decided_minor == price_minor else "changed"


def _estimate_acceptance(decided: Collection[_DecidedRow]) -> RatioEstimate | None:
    """The share that was accepted as it was, with days as the sample."""
    days: dict[int, list[int]] = {}
    for one in decided:
        sums = days.setdefault(one.day, [0, 0])
        sums[0] += one.kind == "accepted"
        sums[1] += 1
    pairs = [(float(part), float(whole)) for part, whole in days.values()]
    return estimate_pairs(pairs, is_share_of_visits=True, limit=1.0)


def _sum(columns: Iterable[Floats]) -> int:
    return round(sum(float(np.nansum(one[BEFORE_DAYS:])) for one in columns))
