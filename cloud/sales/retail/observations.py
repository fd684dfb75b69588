"""What shops reported: the newest price of each product and store, and the sums of a period.

Sums are in minor units of the base currency, of the committed price points. A day without a point
is not observed: it is no day with zero units.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Connection, and_, distinct, func, select, type_coerce

from cloud.database.columns import total
from cloud.database.retail import retail_price_points, retail_stores
from cloud.sales.retail.prices import PriceKey

RECENT: Final = timedelta(days=14)
"""A price that was last reported before that is not the present one."""
DAY_US: Final = 86_400_000_000
MOST_NAMES: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPrice:
    """The newest price point of a product in a store, in the currency of the store."""

    key: PriceKey
    sku: str
    region: str
    category: str
    price_minor: int
    cost_minor: int
    list_price_minor: int
    competitor_price_minor: int | None
    inventory: int | None
    promotion: str | None
    currency: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class StoreSums:
    """The sums of some products in one store over a period."""

    days: int
    units: int
    revenue_minor: int
    margin_minor: int

    @property
    def margin_per_day(self) -> float:
        """Margin of an observed day; only for a store with one."""
        return self.margin_minor / self.days


@dataclass(frozen=True, slots=True)
class StoreTraits:
    """A store as the list of stores describes it."""

    store: str
    region: str
    setting: str
    cluster: str
    latitude: float
    longitude: float
    timezone: str | None


def read_newest(
    connection: Connection,
    now: datetime,
    products: Collection[str] | None = None,
    stores: Collection[str] | None = None,
) -> dict[PriceKey, ObservedPrice]:
    """The newest price of each product and store in the last 14 days."""
    cells = retail_price_points.c
    recent = and_(cells.observed_at > now - RECENT, cells.observed_at <= now)
    if products is not None:
        recent = and_(recent, cells.product.in_(sorted(products)))
    if stores is not None:
        recent = and_(recent, cells.store.in_(sorted(stores)))
    newest = (
        select(cells.product, cells.store, func.max(cells.observed_at).label("at"))
        .where(recent)
        .group_by(cells.product, cells.store)
        .subquery()
    )
    same = and_(
        cells.product == newest.c.product,
        cells.store == newest.c.store,
        cells.observed_at == newest.c.at,
    )
    names = [name for name in ObservedPrice.__slots__ if name != "key"]
    wanted = select(cells.product, cells.store, *(cells[name] for name in names))
    rows = connection.execute(wanted.join(newest, same).order_by(cells.id)).mappings()
    return {
        key: ObservedPrice(key=key, **{name: row[name] for name in names})
        for row in rows
        for key in [PriceKey(row["product"], row["store"])]
    }


def read_store_sums(
    connection: Connection,
    products: Collection[str],
    stores: Collection[str],
    since: datetime,
    until: datetime,
) -> dict[str, StoreSums]:
    """The sums of some products in each store from `since` until before `until`."""
    cells = retail_price_points.c
    day = type_coerce(cells.observed_at, BigInteger) // DAY_US
    wanted = (
        select(
            cells.store,
            func.count(distinct(day)),
            total(cells.units),
            total(cells.base_revenue_minor),
            total(cells.base_revenue_minor - cells.units * cells.base_cost_minor),
        )
        .where(
            cells.product.in_(sorted(products)),
            cells.store.in_(sorted(stores)),
            cells.observed_at >= since,
            cells.observed_at < until,
        )
        .group_by(cells.store)
    )
    return {store: StoreSums(*sums) for store, *sums in connection.execute(wanted)}


def read_stores(connection: Connection, region: str | None = None) -> list[StoreTraits]:
    """The stores, of one region or of all."""
    cells = retail_stores.c
    wanted = select(*(cells[name] for name in StoreTraits.__slots__)).order_by(cells.store)
    if region is not None:
        wanted = wanted.where(cells.region == region)
    return [StoreTraits(*row) for row in connection.execute(wanted)]
