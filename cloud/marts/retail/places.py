"""The places of stores, as features take them from the list of stores in the database."""

from sqlalchemy import Connection, select

from cloud.database.retail import retail_stores
from cloud.marts.retail.calendars import StorePlace


def read_places(connection: Connection) -> list[StorePlace]:
    """All stores, by name."""
    columns = retail_stores.c
    query = select(
        columns.store, columns.latitude, columns.longitude, columns.setting,
        columns.purchasing_power_index,
    ).order_by(columns.store)  # fmt: skip
    return [StorePlace(*row) for row in connection.execute(query)]
