"""Orders of a shop, with a known share that came to nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

STATES: Final = ("completed", "shipped", "paid", "pending", "cancelled")
SHARES: Final = (0.70, 0.10, 0.08, 0.05, 0.07)
CURRENCIES: Final = ("GBP", "EUR")
SHARE_EUR: Final = 0.2


@dataclass(frozen=True, slots=True)
class OrderOptions:
    """How many orders, from which day on, over how many days."""

    rows: int
    first_on: date
    days: int
    seed: int = 1


def simulate_orders(options: OrderOptions) -> Mapping[str, pa.Table]:
    """The file `orders`, by day."""
    random = np.random.default_rng(options.seed)
    numbers = np.arange(1, options.rows + 1)
    days = np.sort(random.integers(0, options.days, options.rows))
    customers = random.zipf(1.4, options.rows) % max(options.rows // 10, 5)
    currency = (random.random(options.rows) < SHARE_EUR).astype(int)
    return {
        "orders": pa.table(
            {
                "Order number": [f"SO-{number:07}" for number in numbers],
                "Customer": [f"C{customer:05}" for customer in customers],
                "Order date": pa.array(np.datetime64(options.first_on) + days),
                "Status": random.choice(STATES, options.rows, p=SHARES),
                "Amount": np.round(random.lognormal(3.5, 0.8, options.rows), 2),
                "Currency": np.asarray(CURRENCIES)[currency],
            }
        )
    }
