"""The source of measures for the alert rule of product limits, evaluated once an hour.

The program that evaluates alerts loads the data products only when files were uploaded: they are
slow to import, and it is to end within seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from cloud.alerting.rules import AlertKind, Measure
from cloud.database import EPOCH
from cloud.database.lake.data_products import product_uploads
from cloud.sites.sites import Sites

if TYPE_CHECKING:
    from cloud.products.limits import LimitUse

HOUR: Final = timedelta(hours=1)


@dataclass
class ProductMeasures:
    """A source of measures for the evaluator; remembers those of the present hour.

    An alert has the product in place of a camera and no location.
    """

    _hour: int = -1
    _measures: list[Measure] = field(default_factory=list)

    def __call__(self, connection: Connection, sites: Sites, now: datetime) -> list[Measure]:
        """One measure for each product with limits: the limit of which most is used."""
        hour = (now - EPOCH) // HOUR
        if hour != self._hour:
            self._measures = list(_measure(connection, now))
            self._hour = hour
        return self._measures


def _measure(connection: Connection, now: datetime) -> Iterator[Measure]:
    if connection.execute(select(product_uploads.c.id).limit(1)).first() is None:
        return
    from cloud.products.definitions.product import list_products  # slow to import
    from cloud.products.limits import check_limits

    for product in list_products():
        uses = list(check_limits(connection, product, now=now))
        if uses:
            yield describe_uses(uses)


def describe_uses(uses: "list[LimitUse]") -> Measure:
    """The measure of one product; its message names each exceeded limit, else the closest one."""
    worst = max(uses, key=lambda one: one.value)
    named = [one for one in uses if one.is_exceeded] or [worst]
    message = f"{worst.product}: {'; '.join(one.message for one in named)}"
    return Measure(AlertKind.PRODUCT_LIMIT, "", worst.product, worst.value, message)
