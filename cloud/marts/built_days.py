"""What each day of a mart was computed from besides rows of the lake, and up to when.

A day whose digest differs from the present one has to be computed again: the sites file or the SQL
has changed. So has a day whose expected time had not ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, select

from cloud.database import EPOCH, insert
from cloud.database.lake import lake_built_days


@dataclass(frozen=True, slots=True)
class DayInputs:
    """The digest of what a day is computed from, and the end of its expected time."""

    sha256: str
    until: datetime


NOT_BUILT: Final = DayInputs("-", EPOCH)
"""Of a day that could not be built: it is out of date."""


def read_built_days(connection: Connection, mart_name: str) -> Mapping[date, DayInputs]:
    """The inputs of every day that was built, by day."""
    table = lake_built_days
    query = select(table).where(table.c.table_name == mart_name)
    return {
        row.day: DayInputs(row.inputs_sha256, row.expected_until)
        for row in connection.execute(query)
    }


def write_built_day(connection: Connection, mart_name: str, day: date, inputs: DayInputs) -> None:
    """Record a day, in the transaction that commits its rows."""
    values = {"inputs_sha256": inputs.sha256, "expected_until": inputs.until}
    statement = insert(connection.dialect.name, lake_built_days).values(
        table_name=mart_name, day=day, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["table_name", "day"], set_=values)
    )
