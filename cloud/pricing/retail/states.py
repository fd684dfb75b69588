"""The state of each product in each store: its price, cost, stock, competitor and floors.

Amounts are whole minor units of the row's currency. What is unknown is None in a row and NaN in a
column, never zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.pricing.retail.ladder import Floats

Names = NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStateRow:
    """One product in one store; instants are UTC."""

    product: str
    store: str
    category: str
    region: str
    currency: str
    price_minor: int
    cost_minor: int | None = None
    list_price_minor: int | None = None
    stock: int | None = None
    competitor_price_minor: int | None = None
    map_minor: int | None = None
    legal_floor_minor: int | None = None
    days_since_change: float | None = None
    observed_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.price_minor < 1:
            raise ValueError(
                f"{self.product} in {self.store} has the price {self.price_minor}: a price is at "
                "least one minor unit"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStates:
    """States as columns of equal length."""

    product: Names
    store: Names
    category: Names
    region: Names
    currency: Names
    price_minor: Floats
    cost_minor: Floats
    list_price_minor: Floats
    stock: Floats
    competitor_price_minor: Floats
    map_minor: Floats
    legal_floor_minor: Floats
    days_since_change: Floats

    @classmethod
    def from_rows(cls, rows: Sequence[PriceStateRow]) -> "PriceStates":
        """The columns of rows, in their order."""
        return cls(
            **{
                name: np.array([_plain(getattr(row, name)) for row in rows], kind)
                for name, kind in _TYPES.items()
            }
        )

    def __len__(self) -> int:
        return len(self.product)


def _plain(value: Any) -> Any:
    return np.nan if value is None else value


_TEXTS: Final = frozenset({"product", "store", "category", "region", "currency"})
_TYPES: Final[dict[str, Any]] = {
    field.name: np.str_ if field.name in _TEXTS else np.float64 for field in fields(PriceStates)
}
