"""Order lines for tests of the mart, as rows of `trusted.order_line_hours`."""

from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from cloud.booking.order_line import OrderLine, group_slots
from cloud.database.orders import encode_runs
from cloud.lake.landing.orders import LANDED_ORDER_LINES
from cloud.lake.raw.orders import RAW_ORDER_LINE_HOURS, read_landed_orders
from cloud.lake.tables import DAY


def order_hours(
    *lines: OrderLine, changed_at: datetime, version: int = 1, released: tuple[int, ...] = ()
) -> pa.Table:
    """The hours of these lines, all of one version; `released` are slots of the version before."""
    landed = [
        _land(line, changed_at=changed_at, version=version, released=released) for line in lines
    ]
    schema = LANDED_ORDER_LINES.schema.append(pa.field(DAY, pa.date32()))
    parts, quarantined = read_landed_orders(pa.Table.from_pylist(landed, schema=schema))
    assert not quarantined
    return {table.name: rows for table, rows in parts}[RAW_ORDER_LINE_HOURS.name]


def _land(
    line: OrderLine, *, changed_at: datetime, version: int, released: tuple[int, ...]
) -> dict[str, Any]:
    return {
        "id": version,
        "version": version,
        "changed_at": changed_at,
        DAY: changed_at.date(),
        "slots": encode_runs(tuple(group_slots(line.slots, released, line.positions))),
        "creatives": msgspec.json.encode(line.creatives).decode(),
        **{
            name: getattr(line, name)
            for name in LANDED_ORDER_LINES.schema.names
            if name not in ("id", "version", "changed_at", "slots", "creatives")
        },
    }
