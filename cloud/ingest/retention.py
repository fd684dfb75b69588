"""`python -m cloud retention`: forget what is older than it has to be kept, a little at a time.

Raw reports go once the lake has them, minutes once hours suffice; hours, streams and open alerts
stay. What was counted stays counted, and a report that comes again after its raw row is gone is
still a duplicate, because streams remember numbers and not rows. PostgreSQL drops partitions that
are old altogether; the rest goes in bites, each a transaction of its own, so that ingest waits for
none of them.
"""

import argparse
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Table, select, tuple_

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
    """For how many days each is kept."""

    reports_days: int = 30
    minutes_days: int = 400
    letters_days: int = 90


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `retention`."""
    settings.add_arguments(parser, "database")
    for name in ("reports", "minutes", "letters"):
        usual = getattr(RetentionPeriods(), f"{name}_days")
        parser.add_argument(f"--{name}-days", type=days, default=usual, metavar="N",
                            help=f"keep {name} so many days (%(default)s)")  # fmt: skip


def days(typed: str) -> int:
    number = int(typed)
    if not 1 <= number <= LONGEST_DAYS:
        raise ValueError(typed)
    return number


def run(arguments: argparse.Namespace) -> int:
    """Sweep once."""
    keep = RetentionPeriods(arguments.reports_days, arguments.minutes_days, arguments.letters_days)
    engine = open_existing(settings.read(arguments).database_url)
    now = datetime.now(UTC)
    try:
        partitions.PartitionMaker(engine).keep(now)
        swept = apply_retention(engine, keep, now)
    finally:
        engine.dispose()
    log.info("database.swept", extra=swept)
    return 0


def apply_retention(engine: Engine, keep: RetentionPeriods, now: datetime) -> dict[str, int]:
    """Forget; how many rows of each table."""
    minutes_before = now - timedelta(days=keep.minutes_days)
    minute_at = microseconds(minutes_before) // 1_000_000
    letters_before = now - timedelta(days=keep.letters_days)
    reports_before = now - timedelta(days=keep.reports_days)
    old: tuple[tuple[Table, datetime, ColumnElement[bool]], ...] = (
        (reports, reports_before, reports.c.received_at < reports_before),
        (dead_letters, letters_before, dead_letters.c.last_received_at < letters_before),
        *(
            (table, minutes_before, table.c.minute_at < minute_at)
            for table in (minute_tallies, minute_demographics, minute_sensors)
        ),
    )
    return {
        table.name: partitions.drop_before(engine, table, before) + _forget(engine, table, which)
        for table, before, which in old
    }


def _forget(engine: Engine, table: Table, which: ColumnElement[bool]) -> int:
    keys = list(table.primary_key)
    bite: Any = select(*keys).where(which).limit(ROWS_AT_ONCE)
    forgotten = 0
    while True:
        with writing(engine) as connection:
            done = connection.execute(table.delete().where(tuple_(*keys).in_(bite))).rowcount
        forgotten += done
        if done < ROWS_AT_ONCE:
            return forgotten
