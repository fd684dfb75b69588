"""Price points, products and estimates of two shops in the database of a test."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert

from cloud import database
from cloud.database.retail import retail_price_points, retail_products
from cloud.forecast.retail.estimates import DemandEstimate, write_estimates
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.pricing.retail.price_examples import make_estimate

HOUR = timedelta(hours=1)
YESTERDAY = date(2026, 11, 19)


def add_point(connection: Connection, at: datetime = FRIDAY_NOON - HOUR, **values: Any) -> None:
    """A committed price point: juice-1 in s-1 for 3.49 GBP, cost 2.00."""
    known = {
        "source": "test", "digest": "0" * 32, "product": "juice-1", "store": "s-1",
        "category": "juice/orange", "region": "north", "city": "Leeds", "postcode": "LS1",
        "observed_at": at, "price_minor": 349, "cost_minor": 200, "list_price_minor": 349,
        "discount_bp": 0, "currency": "GBP", "units": 14, "revenue_minor": 4886,
        "inventory": 500, "competitor_price_minor": 355, "base_currency": "GBP",
        "is_outlier": False, "received_at": at,
    }  # fmt: skip
    row = {**known, **values}
    row.setdefault("sku", row["product"])
    row.setdefault("event_id", f"{row['sku']}-{row['store']}-{at.timestamp()}")
    row.setdefault("base_price_minor", row["price_minor"])
    row.setdefault("base_cost_minor", row["cost_minor"])
    row.setdefault("base_revenue_minor", row["revenue_minor"])
    connection.execute(insert(retail_price_points).values(row))


def add_product(connection: Connection, **values: Any) -> None:
    """juice-1 with one SKU and without limits."""
    known = {
        "sku": "juice-1", "product": "juice-1", "category": "juice/orange", "name": "Orange juice",
        "unit_size": "1 l", "currency": "GBP", "map_minor": None, "legal_floor_minor": None,
    }  # fmt: skip
    connection.execute(insert(retail_products).values({**known, **values}))


def add_shops(engine: Engine, *estimates: DemandEstimate) -> None:
    """juice-1 in s-1 and s-2, with an estimate in s-1 and those that are given."""
    with database.writing(engine) as connection:
        add_product(connection)
        add_point(connection)
        add_point(connection, store="s-2", price_minor=399, list_price_minor=399)
        write_estimates(connection, [make_estimate(as_of=YESTERDAY), *estimates])
