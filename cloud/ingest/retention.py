"""`python -m cloud retention`: delete rows older than their retention period, in small steps.

Raw reports are deleted by age (run `lake update` before), minute sums once hour sums suffice; hour
sums, report streams and open alerts are not deleted. A report that arrives again after its row was
deleted is still a duplicate, because streams store numbers and not rows. PostgreSQL drops whole
partitions; other rows are deleted in small transactions, so that ingest waits for none of them.
"""

import argparse
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Table, func, select, tuple_

from cloud import settings
from cloud.database import (
    dead_letters,
    microseconds,
    minute_demographics,
    minute_sensors,
    minute_tallies,
    open_existing,
    partitions,
    reports,
    writing,
)

log = logging.getLogger(__name__)

ROWS_AT_ONCE: Final = 5_000
LONGEST_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True)
class RetentionPeriods:
    """The retention of each kind of row in days."""

    reports_days: int = 30
    minutes_days: int = 400
    dead_letters_days: int = 90


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `retention`."""
    settings.add_arguments(parser, "database")
    for name in ("reports", "minutes", "dead-letters"):
        default = getattr(RetentionPeriods(), f"{name}_days".replace("-", "_"))
        parser.add_argument(f"--{name}-days", type=days, default=default, metavar="N",
                            help=f"days to keep {name} (%(default)s)")  # fmt: skip


def days(typed: str) -> int:
    number = int(typed)
    if not 1 <= number <= LONGEST_DAYS:
        raise ValueError(typed)
    return number


def run(arguments: argparse.Namespace) -> int:
    """Apply the retention periods once."""
    keep = RetentionPeriods(
        arguments.reports_days, arguments.minutes_days, arguments.dead_letters_days
    )
    engine = open_existing(settings.read(arguments).database_url)
    now = datetime.now(UTC)
    try:
        partitions.PartitionMaker(engine).maintain(now)
        deleted_rows = apply_retention(engine, keep, now)
    finally:
        engine.dispose()
    log.info("retention.applied", extra=deleted_rows)
    return 0


def apply_retention(engine: Engine, keep: RetentionPeriods, now: datetime) -> dict[str, int]:
    """Delete old rows; returns how many of each table."""
    minutes_before = now - timedelta(days=keep.minutes_days)
    minute_at = microseconds(minutes_before) // 1_000_000
    dead_letters_before = now - timedelta(days=keep.dead_letters_days)
    reports_before = now - timedelta(days=keep.reports_days)
    old: tuple[tuple[Table, datetime, ColumnElement[bool]], ...] = (
        (reports, reports_before, _old_reports(engine, reports_before)),
        (dead_letters, dead_letters_before, dead_letters.c.last_received_at < dead_letters_before),
        *(
            (table, minutes_before, table.c.minute_at < minute_at)
            for table in (minute_tallies, minute_demographics, minute_sensors)
        ),
    )
    return {
        table.name: partitions.drop_before(engine, table, before) + _delete(engine, table, which)
        for table, before, which in old
    }


def _old_reports(engine: Engine, before: datetime) -> ColumnElement[bool]:
    """Reports to delete. SQLite reuses the number of a deleted last row, so that one stays.

    The lake and the live events read the rows above the greatest number that they have seen.
    """
    old = reports.c.received_at < before
    if engine.dialect.name != "sqlite":
        return old
    every = reports.alias()
    return old & (reports.c.id < select(func.max(every.c.id)).scalar_subquery())


def _delete(engine: Engine, table: Table, which: ColumnElement[bool]) -> int:
    keys = list(table.primary_key)
    rows_at_once: Any = select(*keys).where(which).limit(ROWS_AT_ONCE)
    deleted = 0
    while True:
        with writing(engine) as connection:
            removed = connection.execute(
                table.delete().where(tuple_(*keys).in_(rows_at_once))
            ).rowcount
        deleted += removed
        if removed < ROWS_AT_ONCE:
            return deleted
