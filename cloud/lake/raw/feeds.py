"""The tables of the database that the lake takes over: how they are landed and promoted to raw.

A new one needs a `TableRows`, a `RawSource` and a line here; the lists of tables follow from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.lake.lake import Lake
from cloud.lake.landing.alerts import ALERT_ROWS
from cloud.lake.landing.device_hours import DEVICE_HOUR_ROWS, DeviceHourRows
from cloud.lake.landing.orders import ORDER_ROWS
from cloud.lake.landing.prices import PRICE_ROWS
from cloud.lake.landing.reports import REPORT_ROWS
from cloud.lake.landing.retail_price_points import PRICE_POINT_ROWS
from cloud.lake.landing.table_rows import TableRows
from cloud.lake.manifest import Snapshot
from cloud.lake.raw.alerts import ALERT_SOURCE
from cloud.lake.raw.device_hours import HOUR_SOURCE
from cloud.lake.raw.orders import ORDER_SOURCE
from cloud.lake.raw.prices import PRICE_SOURCE
from cloud.lake.raw.promotion import Promotion, RawSource, promote_landed
from cloud.lake.raw.reports import REPORT_SOURCE
from cloud.lake.raw.retail_price_points import PRICE_POINT_SOURCE


@dataclass(frozen=True, slots=True)
class Feed:
    """One table of the database; `name` is what messages call its rows."""

    name: str
    rows: TableRows | DeviceHourRows
    raw: RawSource

    def land(self, lake: Lake, now: datetime) -> Iterator[Snapshot]:
        """Rows committed since the last run, to the landing zone."""
        return self.rows.land(lake, now=now)

    def promote(self, lake: Lake, now: datetime) -> Iterator[Promotion]:
        """Landed rows to the raw zone."""
        return promote_landed(lake, self.raw, now=now)


FEEDS: Final = (
    Feed("reports", REPORT_ROWS, REPORT_SOURCE),
    Feed("alert changes", ALERT_ROWS, ALERT_SOURCE),
    Feed("hours of devices", DEVICE_HOUR_ROWS, HOUR_SOURCE),
    Feed("price sheets", PRICE_ROWS, PRICE_SOURCE),
    Feed("order lines", ORDER_ROWS, ORDER_SOURCE),
    Feed("retail price points", PRICE_POINT_ROWS, PRICE_POINT_SOURCE),
)
