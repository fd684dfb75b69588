"""Faulty copies of good points, one of each kind in turn, and what a receiver must say of them.

The good points stay in the file. A copy has an event id of its own, except where the fault is that
it has none.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa

from simulators.shops.options import ChainOptions

EVERY: Final = 200
"""One faulty copy for as many good points."""
SETTLED_DAYS: Final = 30
"""Days after which enough prices are known to find an outlier."""
DUPLICATE: Final = "duplicate"
Row = Mapping[str, Any]
Change = Callable[[Row], dict[str, Any]]


def _raise_price(row: Row) -> dict[str, Any]:
    """Ten times the price half an hour later, with all that follows from it."""
    at = row["observed_at"].replace(":00:00Z", ":30:00Z")
    high = {name: str(10 * Decimal(row[name])) for name in ("price", "list_price", "revenue")}
    return high | {"competitor_price": None, "observed_at": at}


KINDS: Final[Mapping[str, Change]] = {
    DUPLICATE: lambda row: {"event_id": row["event_id"]},
    "conflicting_duplicate": lambda row: {"event_id": row["event_id"], "holiday": "stock-taking"},
    "price_below_cost": lambda row: {"cost": str(Decimal(row["price"]) + 1)},
    "zero_price": lambda _: {"competitor_price": "0.00"},
    "zero_cost": lambda _: {"cost": "0.00"},
    "unknown_currency": lambda _: {"currency": "GBX"},
    "unknown_rate": lambda _: {"currency": "KWD"},
    "too_many_decimals": lambda row: {"price": row["price"] + "5"},
    "future_date": lambda row: {"observed_at": "2999" + row["observed_at"][4:]},
    "too_old": lambda row: {"observed_at": "1999" + row["observed_at"][4:]},
    "unreadable_time": lambda row: {"observed_at": row["observed_at"][:10]},
    "negative_stock": lambda _: {"inventory": -1},
    "negative_units": lambda _: {"units": -3},
    "negative_amount": lambda _: {"revenue": "-1.00"},
    "invalid_discount": lambda _: {"discount_percent": "5000"},
    "wrong_discount": lambda _: {"discount_percent": "77"},
    "wrong_revenue": lambda _: {"units": 0, "revenue": "9.99"},
    "mixed_units": lambda row: {"unit_size": f"24 x {row['unit_size'].rpartition('x ')[2]}"},
    "unknown_store": lambda _: {"store": "S000"},
    "wrong_region": lambda _: {"region": "atlantis"},
    "unknown_product": lambda _: {"sku": "SKU-00000"},
    "wrong_category": lambda _: {"category": "juice"},
    "wrong_type": lambda _: {"price": "free"},
    "missing_field": lambda _: {"product": None},
    "outlier": _raise_price,
}
"""Kind → the fields that differ; kinds are the reasons of docs/retail.md, and `duplicate`."""


class FaultInjection:
    """Adds faulty copies to the points of some days; `counts` is how many of each kind."""

    def __init__(self, options: ChainOptions) -> None:
        self.counts: Counter[str] = Counter()
        self._settled_on = options.first_on + timedelta(days=SETTLED_DAYS)
        self._rng = options.generator(8)
        self._number = 0

    def add(self, points: pa.Table) -> pa.Table:
        """The points with faulty copies at the end."""
        chosen = self._rng.choice(len(points), len(points) // EVERY, replace=False)
        rows = points.take(pa.array(np.sort(chosen))).to_pylist()
        faulty = [self._spoil(row) for row in rows]
        return pa.concat_tables([points, pa.Table.from_pylist(faulty, schema=points.schema)])

    def _spoil(self, row: Row) -> dict[str, Any]:
        self._number += 1
        kind = list(KINDS)[self._number % len(KINDS)]
        if not self._can_be(kind, row):
            kind = DUPLICATE
        self.counts[kind] += 1
        return {**row, "event_id": f"fault-{self._number}", **KINDS[kind](row)}

    def _can_be(self, kind: str, row: Row) -> bool:
        """A clearance may be below its cost; a sale of nothing has no price to be raised by."""
        if kind == "outlier":
            day = date.fromisoformat(row["observed_at"][:10])
            return row["promotion"] is None and day >= self._settled_on
        return kind != "price_below_cost" or row["promotion"] != "clearance"
