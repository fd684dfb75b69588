"""Messages, master data and batches of the tests of retail ingest."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select

from cloud.database import reading, writing
from cloud.database.retail import (
    retail_errors,
    retail_exchange_rates,
    retail_price_points,
    retail_products,
    retail_stores,
)
from cloud.ingest.retail.commit import (
    BatchResult,
    IngestContext,
    PriceBatch,
    commit_batch,
)
from cloud.ingest.retail.decode import ReceivedPoint, decode_point
from cloud.ingest.retail.error_store import ErrorLimits
from cloud.ingest.retail.exchange_rates import ExchangeRates
from cloud.ingest.retail.master_data import KnownProduct, KnownStore, MasterData
from cloud.ingest.retail.rules import IngestRules

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SOURCE = "till"
GOOD: dict[str, Any] = {
    "event_id": "S001-1",
    "product": "juice-orange",
    "sku": "SKU-1",
    "category": "juice/orange",
    "store": "S001",
    "region": "london",
    "city": "London",
    "postcode": "N1 1AA",
    "observed_at": "2026-03-09T21:00:00Z",
    "price": "2.25",
    "cost": "1.40",
    "list_price": "2.50",
    "discount_percent": "10",
    "currency": "GBP",
    "holiday": None,
    "promotion": "deal",
    "units": 12,
    "revenue": "27.00",
    "inventory": 40,
    "competitor_price": "2.39",
    "unit_size": "1 l",
}
REGULAR = {"promotion": None, "price": "2.50", "discount_percent": "0", "revenue": "30.00"}
EURO_DAY = date(2026, 3, 8)
KNOWN = MasterData(
    {
        "S001": KnownStore("S001", "london", "London", "N1 1AA", "Europe/London"),
        "S002": KnownStore("S002", "wales", "Cardiff", "CF1 1AA", None),
    },
    {
        "SKU-1": KnownProduct("SKU-1", "juice-orange", "juice/orange", "1 l"),
        "SKU-2": KnownProduct("SKU-2", "juice-apple", "juice/apple", "6 x 330 ml"),
    },
    ExchangeRates(
        "GBP", [("EUR", EURO_DAY, Decimal("0.85")), ("JPY", EURO_DAY, Decimal("0.005"))], 5
    ),
)
CONTEXT = IngestContext(KNOWN, IngestRules(), ErrorLimits())


def message_of(**changes: Any) -> bytes:
    """The good message with changed fields as JSON; a field that is `...` is left out."""
    fields = GOOD | changes
    return msgspec.json.encode({name: one for name, one in fields.items() if one is not ...})


def received(payloads: Iterable[bytes]) -> list[ReceivedPoint]:
    return [
        ReceivedPoint(f"test:{at}", decode_point(payload, f"test:{at}"))
        for at, payload in enumerate(payloads, start=1)
    ]


def send(
    engine: Engine,
    *payloads: bytes,
    source: str = SOURCE,
    now: datetime = NOW,
    context: IngestContext = CONTEXT,
    confirms: bool = False,
) -> BatchResult:
    return commit_batch(engine, PriceBatch(source, received(payloads), now, confirms), context)


def read_points(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(retail_price_points).order_by("id")))


def read_errors(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(retail_errors).order_by("id")))


def store_master_data(engine: Engine) -> None:
    """Store what `KNOWN` has."""
    with writing(engine) as connection:
        _store_master_data(connection)


def _store_master_data(connection: Connection) -> None:
    for store in KNOWN.stores.values():
        connection.execute(
            retail_stores.insert(),
            {
                "store": store.store, "region": store.region, "city": store.city,
                "postcode": store.postcode, "latitude": 51.5, "longitude": -0.1,
                "setting": "urban", "cluster": "a", "purchasing_power_index": 100,
                "timezone": store.timezone,
            },
        )  # fmt: skip
    for product in KNOWN.products.values():
        connection.execute(
            retail_products.insert(),
            {
                "sku": product.sku, "product": product.product, "category": product.category,
                "name": product.product, "unit_size": product.unit_size, "currency": "GBP",
            },
        )  # fmt: skip
    connection.execute(
        retail_exchange_rates.insert(),
        {"base_currency": "GBP", "currency": "EUR", "rated_on": EURO_DAY, "rate": "0.85"},
    )
