"""Stores, products and exchange rates that price points are checked against."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, select

from cloud.database import reading
from cloud.database.retail import retail_products, retail_stores
from cloud.ingest.retail.exchange_rates import ExchangeRates, read_exchange_rates
from cloud.ingest.retail.rules import IngestRules

RELOAD_AFTER: Final = timedelta(seconds=30)
"""Stores, products and rates that are loaded are in force within this time."""


@dataclass(frozen=True, slots=True)
class KnownStore:
    """Where a store is, as its price points must say."""

    store: str
    region: str
    city: str
    postcode: str
    timezone: str | None


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """The SKU of a product, as its price points must say."""

    sku: str
    product: str
    category: str
    unit_size: str


@dataclass(frozen=True, slots=True)
class MasterData:
    """Everything known, by store and by SKU."""

    stores: Mapping[str, KnownStore]
    products: Mapping[str, KnownProduct]
    rates: ExchangeRates


def read_master_data(connection: Connection, rules: IngestRules) -> MasterData:
    """The stored master data."""
    stores, products = retail_stores.c, retail_products.c
    store_query = select(stores.store, stores.region, stores.city, stores.postcode, stores.timezone)
    product_query = select(products.sku, products.product, products.category, products.unit_size)
    return MasterData(
        {row.store: KnownStore(*row) for row in connection.execute(store_query)},
        {row.sku: KnownProduct(*row) for row in connection.execute(product_query)},
        read_exchange_rates(connection, rules.base_currency, rules.oldest_rate_days),
    )


class MasterDataCache:
    """The master data of a program that runs on; read again after `RELOAD_AFTER`."""

    def __init__(self, engine: Engine, rules: IngestRules, clock: Callable[[], datetime]) -> None:
        self.rules = rules
        self._engine = engine
        self._clock = clock
        self._held: tuple[datetime, MasterData] | None = None

    def get(self) -> MasterData:
        """The master data, at most `RELOAD_AFTER` old."""
        now = self._clock()
        held = self._held
        if held is None or not timedelta(0) <= now - held[0] < RELOAD_AFTER:
            with reading(self._engine) as connection:
                held = self._held = (now, read_master_data(connection, self.rules))
        return held[1]
