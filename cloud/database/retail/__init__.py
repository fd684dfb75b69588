"""Tables of shops: stores, products, exchange rates, price points and their error queue."""

from cloud.database.retail.master_data import (
    retail_exchange_rates,
    retail_products,
    retail_stores,
)
from cloud.database.retail.price_errors import retail_error_counts, retail_errors
from cloud.database.retail.price_points import (
    retail_imports,
    retail_price_points,
    retail_recent_prices,
)

__all__ = [
    "retail_error_counts",
    "retail_errors",
    "retail_exchange_rates",
    "retail_imports",
    "retail_price_points",
    "retail_products",
    "retail_recent_prices",
    "retail_stores",
]
