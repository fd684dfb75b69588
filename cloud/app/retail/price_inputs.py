"""What a recommendation is computed from, read from the database as of now.

For each product in a store: the newest price point of the last 14 days, the approved price in
force, the limits of the SKU, and the estimate of demand. The current price is the approved price
where that is newer than the point. While a point is part of a deal or a feature, its list price
counts as the current price, because the lower one ends with the promotion.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    String,
    bindparam,
    column,
    select,
    values,
)

from cloud.database.retail import retail_price_points
from cloud.forecast.retail.estimates import DemandEstimate, read_estimates_of
from cloud.pricing.retail.states import PriceStateRow
from cloud.retail_wire import DEAL, FEATURE
from cloud.sales.retail.observations import RECENT
from cloud.sales.retail.prices import ApprovedPrice, PriceKey, read_in_force
from cloud.sales.retail.product_limits import ProductLimits, read_limits

DAY: Final = timedelta(days=1)
MOST_PAIRS: Final = 400
"""Pairs of one statement."""
TEMPORARY: Final = frozenset({DEAL, FEATURE})


class CurrentSource(StrEnum):
    """Where the current price comes from."""

    OBSERVED = "observed"
    LIST_PRICE = "list_price"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class CurrentPrice:
    """The current price, and since when it is known."""

    price_minor: int
    source: CurrentSource
    at: datetime
    promotion: str | None


@dataclass(frozen=True, slots=True)
class PriceInputs:
    """The inputs of one recommendation."""

    state: PriceStateRow
    estimate: DemandEstimate | None
    current: CurrentPrice


class UnknownRetailPrice(LookupError):  # noqa: N818 - reads as what happened
    """No recent price of a product in a store."""


class LimitCurrencyError(ValueError):
    """The limits of a SKU are in another currency than its price."""


Refusal = UnknownRetailPrice | LimitCurrencyError


def read_inputs(
    connection: Connection, keys: Sequence[PriceKey], now: datetime
) -> dict[PriceKey, PriceInputs | Refusal]:
    """The inputs of each product in a store, or why there are none."""
    distinct = sorted(set(keys))
    points = _read_newest_points(connection, distinct, now)
    limits = read_limits(connection, {point["sku"] for point in points.values()})
    approved = read_in_force(connection, list(points), now)
    pairs = [(key.product, key.store) for key in points]
    estimates = {(one.product, one.store): one for one in read_estimates_of(connection, pairs)}
    return {
        key: _combine(
            key, points.get(key), limits, approved.get(key),
            estimates.get((key.product, key.store)), now,
        )
        for key in distinct
    }  # fmt: skip


def require_inputs(found: PriceInputs | Refusal) -> PriceInputs:
    """The inputs, or raise why there are none."""
    if isinstance(found, Exception):
        raise found
    return found


def list_keys_of(connection: Connection, product: str, now: datetime) -> list[PriceKey]:
    """The stores in which a product had a price point in the last 14 days."""
    cells = retail_price_points.c
    wanted = (
        select(cells.store)
        .where(cells.product == product, cells.observed_at > now - RECENT)
        .where(cells.observed_at <= now)
        .distinct()
    )
    return sorted(PriceKey(product, store) for store in connection.execute(wanted).scalars())


def _read_newest_points(
    connection: Connection, keys: Sequence[PriceKey], now: datetime
) -> dict[PriceKey, RowMapping]:
    if len(keys) == 1:  # by far the most frequent request: its statement is prepared
        wanted = {"product": keys[0].product, "store": keys[0].store}
        period = {"after": now - RECENT, "now": now}
        row = connection.execute(_NEWEST_OF_ONE, wanted | period).mappings().one_or_none()
        return {} if row is None else {keys[0]: row}
    found: dict[PriceKey, RowMapping] = {}
    for start in range(0, len(keys), MOST_PAIRS):
        for row in _select_newest(connection, keys[start : start + MOST_PAIRS], now):
            found[PriceKey(row["product"], row["store"])] = row
    return found


def _select_newest(
    connection: Connection, keys: Sequence[PriceKey], now: datetime
) -> Iterator[RowMapping]:
    """The newest point of each key: one step in the index for each."""
    wanted = values(column("product", String), column("store", String), name="wanted").data(
        [(key.product, key.store) for key in keys]
    )
    pairs = wanted.cte("wanted")
    newest = _newest_id(pairs.c.product, pairs.c.store).scalar_subquery()
    chosen = select(retail_price_points).where(
        retail_price_points.c.id.in_(select(newest).select_from(pairs))
    )
    period = {"after": now - RECENT, "now": now}
    yield from connection.execute(chosen, period).mappings()


def _newest_id(product: ColumnElement[str], store: ColumnElement[str]) -> Select[tuple[int]]:
    """The number of the newest point after `after` and not after `now`."""
    cells = retail_price_points.c
    return (
        select(cells.id)
        .where(cells.product == product, cells.store == store)
        .where(cells.observed_at > bindparam("after", type_=cells.observed_at.type))
        .where(cells.observed_at <= bindparam("now", type_=cells.observed_at.type))
        .order_by(cells.observed_at.desc(), cells.id.desc())
        .limit(1)
    )


_NEWEST_OF_ONE: Final = select(retail_price_points).where(
    retail_price_points.c.id
    == _newest_id(
        bindparam("product", type_=String), bindparam("store", type_=String)
    ).scalar_subquery()
)


def _combine(
    key: PriceKey,
    point: RowMapping | None,
    limits: Mapping[str, ProductLimits],
    approved: ApprovedPrice | None,
    estimate: DemandEstimate | None,
    now: datetime,
) -> PriceInputs | Refusal:
    if point is None:
        return UnknownRetailPrice(
            f"no price point of {key.product} in {key.store} is from the last {RECENT.days} days: "
            "send its price points first (POST /api/retail/price-points)"
        )
    own = limits.get(point["sku"], ProductLimits(point["currency"], None, None))
    if not own.is_comparable(point["currency"]):
        return LimitCurrencyError(
            f"the limits of {point['sku']} are in {own.currency}, and its price in {key.store} is "
            f"in {point['currency']}: load the product with limits in {point['currency']}"
        )
    current = _find_current(point, approved)
    since = approved.activated_at if approved is not None else None
    state = PriceStateRow(
        product=key.product,
        store=key.store,
        category=point["category"],
        region=point["region"],
        currency=point["currency"],
        price_minor=current.price_minor,
        cost_minor=point["cost_minor"],
        list_price_minor=point["list_price_minor"],
        stock=point["inventory"],
        competitor_price_minor=point["competitor_price_minor"],
        map_minor=own.map_minor,
        legal_floor_minor=own.legal_floor_minor,
        days_since_change=None if since is None else (now - since) // DAY,
        observed_at=point["observed_at"],
    )
    return PriceInputs(state, None if estimate is None else _localise(estimate, point), current)


def _localise(estimate: DemandEstimate, point: RowMapping) -> DemandEstimate:
    """The estimate with its baseline price in the currency of the store.

    Demand is estimated in the base currency; the rate is that of the newest point.
    """
    if point["currency"] == point["base_currency"]:
        return estimate
    price = estimate.baseline_price_minor * point["price_minor"] / point["base_price_minor"]
    return replace(estimate, baseline_price_minor=max(1, round(price)))


def _find_current(point: RowMapping, approved: ApprovedPrice | None) -> CurrentPrice:
    at, promotion = point["observed_at"], point["promotion"]
    if (
        approved is not None
        and approved.currency == point["currency"]
        and approved.activated_at is not None
        and approved.activated_at > at
    ):
        return CurrentPrice(
            approved.price_minor, CurrentSource.APPROVED, approved.activated_at, promotion
        )
    if promotion in TEMPORARY:
        return CurrentPrice(point["list_price_minor"], CurrentSource.LIST_PRICE, at, promotion)
    return CurrentPrice(point["price_minor"], CurrentSource.OBSERVED, at, promotion)
