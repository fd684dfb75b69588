"""Trusted rows of price sheets, one hour a day."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from cloud.marts.pricing import TRUSTED_PRICES
from tests.cloud.marts.audience_rows import sites

STATION = next(iter(sites()))
SOLD = date(2026, 10, 19)


def sheet(
    published_on: date, *prices: int, location: str = STATION.id, card: str = "a"
) -> pa.Table:
    """The price of an hour of each day, from `SOLD` on."""
    at = datetime(published_on.year, published_on.month, published_on.day, 1, 30, tzinfo=UTC)
    first = datetime(SOLD.year, SOLD.month, SOLD.day, 9, tzinfo=UTC)
    rows = [
        {"location": location, "published_on": published_on, "hour_at": first + timedelta(days=n),
         "published_at": at, "price_minor": price, "currency": "GBP", "versions": f"{card} f1",
         "day": published_on}
        for n, price in enumerate(prices)
    ]  # fmt: skip
    return pa.Table.from_pylist(
        rows, schema=TRUSTED_PRICES.schema.append(pa.field("day", pa.date32()))
    )
