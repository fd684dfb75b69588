"""Price points of a simulated chain as rows of the trusted zone, and the places of its stores."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from cloud.lake.tables import DAY
from cloud.marts.retail.calendars import StorePlace
from cloud.marts.retail.weekly import TRUSTED_POINTS
from simulators.shops.chain import draw_chain
from simulators.shops.options import ChainOptions
from simulators.shops.price_paths import PROMOTION_NAMES
from simulators.shops.sales import DaySales, SalesSimulation

FIRST: Final = date(2025, 9, 1)
SCHEMA: Final = TRUSTED_POINTS.schema.append(pa.field(DAY, pa.date32()))


def simulate_points(
    days: int = 120, products: int = 2, stores: int = 3, first_on: date = FIRST
) -> pa.Table:
    """Two points a day for each SKU and store, received an hour after the day."""
    chain = draw_chain(ChainOptions(stores, products, days, first_on, seed=1))
    rows = [row for day in SalesSimulation(chain).run() for row in _list_rows(chain, day)]
    return build_points(rows)


def build_points(rows: list[dict[str, Any]]) -> pa.Table:
    """The columns that the marts read, with `day`."""
    return pa.Table.from_pylist(rows, SCHEMA)


def build_point(**fields: Any) -> dict[str, Any]:
    """One point of 2026-01-05 at noon, in EUR."""
    plain: dict[str, Any] = {
        "product": "p-1", "sku": "p-1-a", "category": "juice", "store": "s-1", "region": "north",
        "observed_at": datetime(2026, 1, 5, 12, tzinfo=UTC), "units": 10, "price_minor": 200,
        "cost_minor": 120, "list_price_minor": 200, "discount_bp": 0, "holiday": None,
        "promotion": None, "inventory": 50, "base_competitor_minor": 210, "base_currency": "EUR",
        "is_outlier": False, "source": "till", "city": "Town", "postcode": "1000",
        "currency": "EUR", "competitor_price_minor": None, "rated_on": None,
    }  # fmt: skip
    row = plain | fields
    row.setdefault("event_id", f"{row['store']} {row['sku']} {row['observed_at']:%Y%m%d%H%M}")
    row.setdefault("base_price_minor", row["price_minor"])
    row.setdefault("base_cost_minor", row["cost_minor"])
    row.setdefault("base_revenue_minor", row["base_price_minor"] * row["units"])
    row.setdefault("revenue_minor", row["base_revenue_minor"])
    row.setdefault("received_at", row["observed_at"] + timedelta(minutes=1))
    return row | {DAY: row["observed_at"].date()}


def list_places() -> list[StorePlace]:
    """The stores of a small chain: two of them near each other, one without an index."""
    return [
        StorePlace("S001", 51.5, -0.1, "urban", 120),
        StorePlace("S002", 51.52, -0.12, "suburban", 95),
        StorePlace("S003", 53.4, -2.2, "rural", None),
    ]


def _list_rows(chain: Any, day: DaySales) -> list[dict[str, Any]]:
    noon = datetime.combine(day.day, time(12), UTC)
    return [
        row
        for product, name in enumerate(chain.products.names)
        for store, place in enumerate(chain.stores.names)
        for row in _list_series(day, product, store, name, place, noon)
    ]


def _list_series(
    day: DaySales, product: int, store: int, name: str, place: str, noon: datetime
) -> list[dict[str, Any]]:
    price, listed = int(day.price_minor[product, store]), int(day.list_minor[product, store])
    units = int(day.units[product, store])
    common = {
        "product": name, "sku": f"{name}-1", "category": "juice/orange", "store": place,
        "region": "north" if store % 2 else "south", "price_minor": price,
        "cost_minor": max(1, price * 6 // 10), "list_price_minor": listed,
        "discount_bp": int(np.round(10_000 * (1 - price / listed))), "holiday": day.holiday,
        "promotion": PROMOTION_NAMES[int(day.promotion[product, store])],
        "inventory": int(day.stock[product, store]),
        "base_competitor_minor": int(day.competitor_minor[product, 0]) if store else None,
        "received_at": noon + timedelta(hours=13),
    }  # fmt: skip
    halves = ((noon - timedelta(hours=3), units // 2), (noon, units - units // 2))
    return [build_point(**common, observed_at=at, units=sold) for at, sold in halves]
