"""Compare a data product with the limits of its definition: storage, cost and rows of a load.

A value of 1 and above is beyond the limit. A product without files has no rows to compare, and
three loads come before the first that is judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

from sqlalchemy import Connection

from cloud.lake.tables import Zone
from cloud.products.costs import estimate_cost
from cloud.products.definitions.limits import LoadLimit
from cloud.products.definitions.product import DataProduct, Upload
from cloud.products.uploads.store import read_loaded_rows

MB: Final = 10**6
MIN_EARLIER: Final = 3
MOST_LOADS: Final = 31


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How much of a limit is used; 1 is all of it."""

    product: str
    value: float
    message: str

    @property
    def is_exceeded(self) -> bool:
        """Whether the limit is reached."""
        return self.value >= 1


def check_limits(
    connection: Connection, product: DataProduct, *, now: datetime
) -> Iterator[LimitUse]:
    """The use of each limit of a product."""
    limits = product.file.limits
    if limits is None:
        return
    cost = estimate_cost(connection, product, now=now)
    if limits.stored_mb is not None:
        stored = cost.stored_bytes / MB
        message = f"found {stored:.1f} MB stored, expected less than {limits.stored_mb:g}"
        yield LimitUse(product.name, stored / limits.stored_mb, message)
    if limits.usd_a_month is not None:
        usd = float(cost.total_usd)
        message = f"found {usd:.2f} US dollars a month, expected less than {limits.usd_a_month:g}"
        yield LimitUse(product.name, usd / limits.usd_a_month, message)
    if limits.load is not None:
        for upload in product.file.uploads:
            yield from _check_load(connection, product, upload, limits.load)


def list_exceeded(connection: Connection, product: DataProduct, *, now: datetime) -> Iterator[str]:
    """A sentence for each limit of the product that is exceeded."""
    for one in check_limits(connection, product, now=now):
        if one.is_exceeded:
            yield f"{one.product}: {one.message}"


def _check_load(
    connection: Connection, product: DataProduct, upload: Upload, limit: LoadLimit
) -> Iterator[LimitUse]:
    table = f"{Zone.RAW}.{upload.table}"
    newest, *earlier = read_loaded_rows(connection, table, MOST_LOADS) or [0]
    if len(earlier) < MIN_EARLIER:
        return
    usual = max(median(earlier), 1)
    percent = max(newest * 100 / usual, 0.1)
    message = (
        f"found {newest} rows in the newest file of {upload.table}, expected "
        f"{limit.at_least_percent} to {limit.at_most_percent} % of the usual {usual:g}"
    )
    is_outside = not limit.at_least_percent <= percent <= limit.at_most_percent
    distance = max(limit.at_least_percent / percent, percent / limit.at_most_percent)
    yield LimitUse(product.name, distance if is_outside else min(distance, 0.99), message)
