"""Find the rows of a table by many keys at once, with one parameter instead of thousands."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table

from cloud.database.engine import write_array

ARRAY_TYPES: Final = {int: "bigint[]", str: "text[]"}


def find_by_columns(
    connection: Connection,
    table: Table,
    keys: tuple[str, ...],
    values: Sequence[tuple[Any, ...]],
    columns: tuple[str, ...],
) -> list[Any]:
    """The `columns` of the rows whose `keys` are one of `values`, as the driver returns them.

    Values are texts and whole numbers; an instant is `microseconds(instant)`.
    """
    if not values:
        return []
    chosen = ", ".join(f"found.{name}" for name in columns)
    if connection.dialect.name == "postgresql":
        arrays = ", ".join(f"%s::{ARRAY_TYPES[type(value)]}" for value in values[0])
        on = " AND ".join(f"found.{name} = wanted.{name}" for name in keys)
        wanted = f"unnest({arrays}) AS wanted({', '.join(keys)})"
        given: tuple[str, ...] = tuple(map(write_array, zip(*values, strict=True)))
    else:
        on = " AND ".join(
            f"found.{name} = json_extract(wanted.value, '$[{at}]')" for at, name in enumerate(keys)
        )
        wanted, given = "json_each(?) AS wanted", (json.dumps(values),)
    query = f"SELECT {chosen} FROM {wanted} CROSS JOIN {table.name} AS found WHERE {on}"  # noqa: S608
    return list(connection.exec_driver_sql(query, given))
