"""Which rows of the database the lake has taken over: retention deletes no other ones.

Where there is no lake nothing waits for it: without a snapshot in the manifest all rows may be
deleted by age. With a lake, a table that it never landed keeps its rows until it does.
"""

from sqlalchemy import Connection, Table, func, select

from cloud.database.lake import lake_positions, lake_snapshots


def is_in_use(connection: Connection) -> bool:
    """Whether the database has the manifest of a lake with any snapshot."""
    return connection.execute(select(lake_snapshots.c.number).limit(1)).first() is not None


def read_landed_number(connection: Connection, table: Table) -> int | None:
    """The `id` up to which the table is in the lake; None when no lake is in use."""
    if not is_in_use(connection):
        return None
    position = select(func.min(lake_positions.c.position)).where(
        lake_positions.c.source == f"database.{table.name}"
    )
    return int(connection.execute(position).scalar() or 0)
