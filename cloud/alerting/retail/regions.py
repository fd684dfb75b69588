"""The regions of the stores that alerts of retail prices are about."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from cloud.alerting.lifecycle import AlertEvent
from cloud.alerting.rules import RETAIL
from cloud.database.retail import retail_stores


def read_regions(connection: Connection, events: Iterable[AlertEvent]) -> dict[str, str]:
    """The region of each store; a store that is no longer listed is missing."""
    stores = sorted({one.location for one in events if one.kind.startswith(RETAIL)})
    if not stores:
        return {}
    cells = retail_stores.c
    wanted = select(cells.store, cells.region).where(cells.store.in_(stores))
    return {row.store: row.region for row in connection.execute(wanted)}
