"""The points of some days as text columns, built by Arrow without a loop over rows."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulators.shops.chain import Chain
from simulators.shops.competitors import MISSING_RATIO
from simulators.shops.options import Flags, Ints
from simulators.shops.price_paths import PROMOTION_NAMES
from simulators.shops.products import CATEGORIES
from simulators.shops.sales import DaySales
from simulators.shops.stores import CITIES

CURRENCY: Final = "GBP"
OBSERVED_TIME: Final = "T21:00:00Z"
BASIS_POINTS: Final = 10_000
NUMBERS: Final = ("units", "inventory")
"""Columns that are numbers in JSON; all others are text."""


def list_points(chain: Chain, days: Sequence[DaySales]) -> pa.Table:
    """The points of the days in the order of day, store and product."""
    return pa.concat_tables([_list_points_of_day(chain, day) for day in days])


def _list_points_of_day(chain: Chain, sales: DaySales) -> pa.Table:
    options = chain.options
    rng = options.generator(7, sales.number)
    shape = (options.stores, options.products)
    is_sent = (rng.random(shape) >= options.missing_share).ravel()
    has_rival = rng.random(shape) >= MISSING_RATIO
    store, product = (at.ravel()[is_sent] for at in np.indices(shape))
    columns = _name_columns(chain, store, product)
    stamp = pa.scalar(f"-{sales.day:%Y%m%d}")
    columns["event_id"] = pc.binary_join_element_wise(columns["store"], columns["sku"], "-")
    columns["event_id"] = pc.binary_join_element_wise(columns["event_id"], stamp, "")
    columns["observed_at"] = _repeat(f"{sales.day}{OBSERVED_TIME}", len(store))
    columns["currency"] = _repeat(CURRENCY, len(store))
    columns["holiday"] = _repeat(sales.holiday, len(store))
    columns |= _write_figures(chain, sales, is_sent, product, has_rival)
    return pa.table({name: columns[name] for name in COLUMNS})


def _name_columns(chain: Chain, store: Ints, product: Ints) -> dict[str, Any]:
    stores, products = chain.stores, chain.products
    cities = stores.city[store]
    return {
        "product": _take(products.names, product),
        "sku": _take(products.skus, product),
        "category": _take([name for name, _, _ in CATEGORIES], products.category[product]),
        "store": _take(stores.names, store),
        "region": _take([region for region, *_ in CITIES], cities),
        "city": _take([city for _, city, *_ in CITIES], cities),
        "postcode": _take(stores.postcodes, store),
        "unit_size": _take([size for _, size, _ in CATEGORIES], products.category[product]),
    }


def _write_figures(
    chain: Chain, sales: DaySales, is_sent: Flags, product: Ints, has_rival: Flags
) -> dict[str, Any]:
    def of(values: Ints) -> Ints:
        return values.T.ravel()[is_sent]

    price, listed, units = of(sales.price_minor), of(sales.list_minor), of(sales.units)
    discount = np.round(BASIS_POINTS * (1 - price / listed)).astype(np.int64)
    missing = ~has_rival.ravel()[is_sent]
    return {
        "price": write_hundredths(price),
        "cost": write_hundredths(chain.paths.cost_minor[sales.number][product]),
        "list_price": write_hundredths(listed),
        "discount_percent": write_hundredths(discount),
        "promotion": _take(PROMOTION_NAMES, of(sales.promotion)),
        "units": pa.array(units),
        "revenue": write_hundredths(price * units),
        "inventory": pa.array(of(sales.stock)),
        "competitor_price": write_hundredths(of(sales.competitor_minor), missing),
    }


def write_hundredths(values: Ints, missing: Flags | None = None) -> pa.Array:
    """Hundredths as decimal text: 349 is "3.49"."""
    whole = pa.array(values // 100, mask=missing).cast(pa.string())
    rest = pc.utf8_lpad(pa.array(values % 100).cast(pa.string()), 2, "0")
    return pc.binary_join_element_wise(whole, rest, ".")


def _take(words: Sequence[str | None], at: Ints) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(at))


def _repeat(word: str | None, times: int) -> pa.Array:
    return pa.repeat(pa.scalar(word, pa.string()), times)


COLUMNS: Final = (
    "event_id", "product", "sku", "category", "store", "region", "city", "postcode", "observed_at",
    "price", "cost", "list_price", "discount_percent", "currency", "holiday", "promotion", "units",
    "revenue", "inventory", "competitor_price", "unit_size",
)  # fmt: skip
"""As `PriceMessage` has them."""
