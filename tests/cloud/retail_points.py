"""Stores, products and price points for tests of retail prices, as rows of the database."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from cloud.database.retail import retail_price_points, retail_products, retail_stores

PRODUCT = "orange-1l"
FIRST = datetime(2026, 9, 1, 21, tzinfo=UTC)


def store_row(number: int, **more: Any) -> dict[str, Any]:
    """Stores are 30 km apart, two to a cluster, in two regions."""
    return {
        "store": f"S-{number:02}", "region": "north" if number % 4 < 2 else "south",
        "city": "York", "postcode": "YO1", "latitude": 50.0 + number * 0.27, "longitude": 0.0,
        "setting": "urban", "cluster": f"C-{number // 2:02}", "purchasing_power_index": 100,
        "timezone": "Europe/London", **more,
    }  # fmt: skip


def product_row(product: str = PRODUCT, **more: Any) -> dict[str, Any]:
    return {
        "sku": f"{product}-sku", "product": product, "category": "juice/orange",
        "name": "Orange juice", "unit_size": "1 l", "currency": "GBP", "map_minor": None,
        "legal_floor_minor": None, **more,
    }  # fmt: skip


def point_row(store: str, at: datetime, **more: Any) -> dict[str, Any]:
    product = more.get("product", PRODUCT)
    row = {
        "source": "test", "event_id": f"{product}/{store}/{at:%Y%m%d%H%M}", "digest": "0" * 32,
        "product": product, "sku": f"{product}-sku", "category": "juice/orange", "store": store,
        "region": "north", "city": "York", "postcode": "YO1", "observed_at": at,
        "price_minor": 400, "cost_minor": 250, "list_price_minor": 400, "discount_bp": 0,
        "currency": "GBP", "holiday": None, "promotion": None, "units": 10, "inventory": 120,
        "competitor_price_minor": None, "base_competitor_minor": None, "base_currency": "GBP",
        "rated_on": None, "is_outlier": False, "received_at": at, **more,
    }  # fmt: skip
    derived = {
        "revenue_minor": row["units"] * row["price_minor"], "base_price_minor": row["price_minor"],
        "base_cost_minor": row["cost_minor"],
        "base_revenue_minor": row["units"] * row["price_minor"],
    }  # fmt: skip
    return {**derived, **row}


def insert_points(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    connection.execute(retail_price_points.insert(), list(rows))


def insert_stores(connection: Connection, count: int, **more: Any) -> list[str]:
    rows = [store_row(number, **more) for number in range(count)]
    connection.execute(retail_stores.insert(), rows)
    return [row["store"] for row in rows]


def insert_products(connection: Connection, *products: str) -> None:
    connection.execute(retail_products.insert(), [product_row(one) for one in products])


def days_from(first: datetime, count: int) -> list[datetime]:
    return [first + timedelta(days=day) for day in range(count)]
