"""The stored recent prices of the SKUs of a batch, read and written once in its transaction."""

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import Connection

from cloud.database import insert, run_many
from cloud.database.retail import retail_recent_prices
from cloud.ingest.retail.batch_lookup import find_by_columns
from cloud.ingest.retail.outliers import RecentPrices

COLUMNS: Final = ("store", "sku", "regular", "promoted")
Series = tuple[str, str]
"""Store and SKU."""


class RecentPriceTable:
    """The recent prices of some series."""

    def __init__(self, connection: Connection, series: Iterable[Series]) -> None:
        self._connection = connection
        self._held: dict[Series, RecentPrices] = {}
        self._texts: dict[Series, tuple[str, str]] = {}
        rows = find_by_columns(
            connection, retail_recent_prices, ("store", "sku"), sorted(set(series)), COLUMNS
        )
        for store, sku, regular, promoted in rows:
            self._texts[store, sku] = regular, promoted

    def get(self, series: Series) -> RecentPrices:
        """The recent prices of a series; empty ones when none were stored."""
        found = self._held.get(series)
        if found is None:
            regular, promoted = self._texts.get(series, ("", ""))
            found = self._held[series] = RecentPrices(_read(regular), _read(promoted))
        return found

    def save(self) -> None:
        """Write what changed, in the order of the keys, so that two writers wait and never lock."""
        dialect = self._connection.dialect.name
        into = insert(dialect, retail_recent_prices)
        upsert = into.on_conflict_do_update(
            index_elements=["store", "sku"],
            set_={name: into.excluded[name] for name in COLUMNS[2:]},
        )
        rows = [
            (*series, _write(one.regular), _write(one.promoted))
            for series, one in sorted(self._held.items())
            if one.is_changed
        ]
        run_many(self._connection, upsert, COLUMNS, rows)


def _read(text: str) -> list[int]:
    return msgspec.json.decode(text, type=list[int]) if text else []


def _write(prices: list[int]) -> str:
    return str(prices)
