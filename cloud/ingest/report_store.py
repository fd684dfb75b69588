"""Write counted reports: their sums by minute and hour, and each report's JSON for the lake."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, func
from sqlalchemy.dialects import postgresql, sqlite

from cloud.database import (
    SUMS,
    hour_creatives,
    hour_tallies,
    insert,
    location_updates,
    microseconds,
    minute_demographics,
    minute_sensors,
    minute_tallies,
    reports,
    run_many,
)
from cloud.ingest.minute_sums import MinuteSums
from wire.audience import AudienceReport, encode_report


def add_sums(connection: Connection, tallies: MinuteSums, now: datetime) -> None:
    """Add sums to the stored rows, in one order, so that writers cannot deadlock."""
    earliest: dict[str, int] = {}
    for location, minute_at, _ in tallies.minutes:
        earliest[location] = min(minute_at, earliest.get(location, minute_at))
    updates = [
        (location, microseconds(now), minute_at) for location, minute_at in sorted(earliest.items())
    ]
    statement = _update_statement(connection.dialect.name)
    run_many(connection, statement, ("location", "changed_at", "minute_at"), updates)
    kinds: tuple[tuple[Table, Mapping[Any, list[int]]], ...] = (
        (minute_tallies, tallies.minutes),
        (hour_tallies, tallies.hours),
        (hour_creatives, tallies.creatives),
        (minute_demographics, tallies.demographics),
        (minute_sensors, tallies.sensors),
    )
    for table, rows in kinds:
        values = [(*key, *sums) for key, sums in sorted(rows.items())]
        run_many(
            connection,
            adding_upsert(connection.dialect.name, table),
            tuple(table.columns.keys()),
            values,
        )


def write_reports(connection: Connection, counted: Sequence[AudienceReport], now: datetime) -> None:
    """Store the reports as they were received."""
    rows = [
        (
            report.device,
            report.journal,
            report.sequence.first,
            report.sequence.last,
            report.location,
            microseconds(report.starts_at),
            microseconds(now),
            encode_report(report).decode(),
        )
        for report in counted
    ]
    run_many(connection, _INSERT, _INSERT_COLUMNS, rows)


_INSERT_COLUMNS = (
    "device",
    "stream_id",
    "first_sequence",
    "last_sequence",
    "location",
    "starts_at",
    "received_at",
    "body",
)
_INSERT = reports.insert().inline()


@cache
def _update_statement(dialect: str) -> sqlite.Insert | postgresql.Insert:
    into = insert(dialect, location_updates)
    return into.on_conflict_do_update(
        index_elements=["location"],
        set_={name: into.excluded[name] for name in ("changed_at", "minute_at")},
    )


@cache
def adding_upsert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An upsert that adds to the stored row; extremes merge as extremes."""
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
