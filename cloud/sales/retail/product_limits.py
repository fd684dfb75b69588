"""The limits of SKUs in the list of products: minimum advertised price and legal floor."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from cloud.database.retail import retail_products

MOST_NAMES: Final = 500
"""Names in one statement."""


@dataclass(frozen=True, slots=True)
class ProductLimits:
    """The limits of a SKU, in its currency; None is no such limit."""

    currency: str
    map_minor: int | None
    legal_floor_minor: int | None

    def is_comparable(self, currency: str) -> bool:
        """Whether a price in a currency can be compared with the limits, if there are any."""
        has_one = self.map_minor is not None or self.legal_floor_minor is not None
        return not has_one or self.currency == currency


def read_limits(connection: Connection, skus: Collection[str]) -> dict[str, ProductLimits]:
    """The limits of the SKUs that the list of products has."""
    cells, names = retail_products.c, sorted(skus)
    wanted = select(cells.sku, cells.currency, cells.map_minor, cells.legal_floor_minor)
    return {
        sku: ProductLimits(*limits)
        for start in range(0, len(names), MOST_NAMES)
        for sku, *limits in connection.execute(
            wanted.where(cells.sku.in_(names[start : start + MOST_NAMES]))
        )
    }
