"""How counted reports are written: sums onto minutes, and each report's own JSON for the lake."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, func
from sqlalchemy.dialects import postgresql, sqlite

from cloud.database import (
    SUMS,
    insert,
    minute_demographics,
    minute_sensors,
    minute_tallies,
    reports,
)
from cloud.ingest.tallies import Tallies
from wire.audience import AudienceReport, encoded


def add(connection: Connection, tallies: Tallies) -> None:
    """Add the rows to what the minutes hold; rows in one order, so that writers cannot deadlock."""
    kinds: tuple[tuple[Table, Mapping[Any, list[int]]], ...] = (
        (minute_tallies, tallies.minutes),
        (minute_demographics, tallies.demographics),
        (minute_sensors, tallies.sensors),
    )
    for table, rows in kinds:
        if rows:
            names = table.columns.keys()
            values = [
                dict(zip(names, (*key, *sums), strict=True)) for key, sums in sorted(rows.items())
            ]
            connection.execute(_adding(connection.dialect.name, table), values)


def keep(connection: Connection, counted: Sequence[AudienceReport], now: datetime) -> None:
    """Keep the reports as they were said."""
    if counted:
        connection.execute(
            reports.insert(),
            [
                {
                    "device": report.device,
                    "journal": report.journal,
                    "first_sequence": report.sequence.first,
                    "last_sequence": report.sequence.last,
                    "location": report.location,
                    "starts_at": report.starts_at,
                    "received_at": now,
                    "body": encoded(report).decode(),
                }
                for report in counted
            ],
        )


@cache
def _adding(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    into = insert(dialect, table)
    greatest, least = (func.max, func.min) if dialect == "sqlite" else (func.greatest, func.least)
    merge = {"peak": greatest, "most_milli": greatest, "least_milli": least}
    changes = {
        column.name: merge[column.name](column, into.excluded[column.name])
        if column.name in merge
        else column + into.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    return into.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)


assert tuple(minute_tallies.columns.keys()) == ("location", "minute_at", "device", *SUMS, "peak")
