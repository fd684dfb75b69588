"""Order lines and vendors of a shop, vectorised: a million lines a second.

Customers order again with a known probability, so that retention is known; vendors deliver late
with a known share each, and lines have a known gross margin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

CATEGORIES: Final = ("drinks", "snacks", "books", "toys", "garden", "office")
COUNTRIES: Final = ("GB", "DE", "FR", "NL", "PL")
MARGIN: Final = 0.32
LATE: Final = (0.02, 0.05, 0.10, 0.20, 0.40)
"""Share of late deliveries, by the number of the vendor in turn."""
LINES_PER_ORDER: Final = 3


@dataclass(frozen=True, slots=True)
class SalesOptions:
    """How many lines, from which day on, over how many days."""

    rows: int
    first_on: date
    days: int
    vendors: int = 120
    seed: int = 1


def simulate_sales(options: SalesOptions) -> Mapping[str, pa.Table]:
    """The files `lines` and `vendors` as tables of text and numbers."""
    random = np.random.default_rng(options.seed)
    return {"lines": _lines(options, random), "vendors": _vendors(options)}


def _vendors(options: SalesOptions) -> pa.Table:
    numbers = range(1, options.vendors + 1)
    return pa.table(
        {
            "Vendor code": [f"V-{number:05}" for number in numbers],
            "Vendor name": [f"Vendor {number}" for number in numbers],
            "Country": [COUNTRIES[number % len(COUNTRIES)] for number in numbers],
        }
    )


def _lines(options: SalesOptions, random: np.random.Generator) -> pa.Table:
    rows = options.rows
    orders = np.arange(rows) // LINES_PER_ORDER
    order_days = np.sort(random.integers(0, options.days, orders[-1] + 1))
    customers = random.zipf(1.3, orders[-1] + 1) % max(rows // 20, 10)
    vendors = random.integers(1, options.vendors + 1, rows)
    sold = np.datetime64(options.first_on) + order_days[orders]
    amounts = np.round(random.lognormal(3, 0.8, rows), 2)
    late = random.random(rows) < np.asarray(LATE)[vendors % len(LATE)]
    promised = sold + 3
    days_late, days_early = random.integers(1, 10, rows), random.integers(0, 3, rows)
    delivered = promised + np.where(late, days_late, -days_early)
    return pa.table(
        {
            "Order": _codes("SO-", orders),
            "Line": np.arange(rows) % LINES_PER_ORDER + 1,
            "Customer": _codes("C", customers[orders]),
            "Vendor": _codes("V-", vendors),
            "Category": pa.DictionaryArray.from_arrays(
                random.integers(0, len(CATEGORIES), rows), list(CATEGORIES)
            ).cast(pa.string()),
            "Date": pa.array(sold.astype("datetime64[D]")),
            "Net amount": amounts,
            "Net cost": np.round(amounts * (1 - MARGIN), 2),
            "Promised": pa.array(promised.astype("datetime64[D]")),
            "Delivered": pa.array(delivered.astype("datetime64[D]")),
        }
    )


def _codes(prefix: str, numbers: np.ndarray) -> pa.Array:
    """Codes of a few distinct numbers, written once each."""
    distinct, places = np.unique(numbers, return_inverse=True)
    codes = pa.array([f"{prefix}{number:05}" for number in distinct], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), codes).cast(pa.string())
