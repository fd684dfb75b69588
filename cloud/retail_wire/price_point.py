"""A price point: what one store sold of one SKU, at which price, since the point before.

Amounts are whole minor units of `currency`. A value that was not observed is None and never 0.
"""

from datetime import datetime

import msgspec


class PricePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A validated price point.

    `event_id` is unique within its source. `discount_bp` are basis points (1/100 of a per cent) of
    `list_price_minor`, 0 to 10,000. `category` is a path, such as `juice/orange`.
    """

    event_id: str
    product: str
    sku: str
    category: str
    store: str
    region: str
    city: str
    postcode: str
    observed_at: datetime  # UTC
    price_minor: int
    cost_minor: int
    list_price_minor: int  # before the discount
    discount_bp: int
    currency: str  # ISO 4217
    holiday: str | None = None
    promotion: str | None = None
    units: int  # sold since the point before
    revenue_minor: int
    inventory: int | None = None
    competitor_price_minor: int | None = None
