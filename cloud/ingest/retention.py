"""`python -m cloud retention`: delete rows older than their retention period, in small steps.

Raw reports, receipts, price points and changes of alerts are deleted by age, minute sums once hour
sums suffice; hour sums, report streams and alerts are not deleted. Where a lake is in use, rows
that it has not taken over stay, whatever their age. A report that arrives again after its row was
deleted is still a duplicate, because streams store numbers and not rows. PostgreSQL drops whole
partitions; other rows are deleted in small transactions, so that ingest waits for none of them.
"""

import argparse
import logging
import sys
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Table, func, select, tuple_

from cloud import settings
from cloud.database import (
    alert_changes,
    dead_letters,
    microseconds,
    minute_demographics,
    minute_sensors,
    minute_tallies,
    open_existing,
    partitions,
    reading,
    reports,
    writing,
)
from cloud.database.heartbeats import device_hours, is_hour_landed
from cloud.database.receipts import receipt_log_head, receipts
from cloud.database.retail import retail_errors, retail_price_points
from cloud.lake.landing.unlanded import is_in_use, read_landed_number

log = logging.getLogger(__name__)

ROWS_AT_ONCE: Final = 5_000
LONGEST_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True)
class RetentionPeriods:
    """The retention of each kind of row in days."""

    reports_days: int = 30
    minutes_days: int = 400
    dead_letters_days: int = 90
    alert_changes_days: int = 90
    heartbeats_days: int = 30
    receipts_days: int = 800
    price_points_days: int = 120
    price_errors_days: int = 400


@dataclass(frozen=True, slots=True)
class ExpiredRows:
    """Rows of one table that are past their retention, and which of them the lake has.

    Without `is_landed` all may be deleted. `up_to` is the greatest `id` that the lake has.
    """

    table: Table
    before: datetime
    condition: ColumnElement[bool]
    is_landed: ColumnElement[bool] | None = None
    up_to: int | None = None

    @property
    def deletable(self) -> ColumnElement[bool]:
        """The rows that may be deleted."""
        return self.condition if self.is_landed is None else self.condition & self.is_landed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `retention`."""
    settings.add_arguments(parser, "database")
    for field in fields(RetentionPeriods):
        name, default = field.name.removesuffix("_days").replace("_", "-"), field.default
        parser.add_argument(f"--{name}-days", type=days, default=default, metavar="N",
                            help=f"days to keep {name} (%(default)s)")  # fmt: skip
    parser.add_argument(
        "--without-lake", action="store_true",
        help="also delete rows that the lake has not taken over, such as when it is given up",
    )  # fmt: skip


def days(typed: str) -> int:
    number = int(typed)
    if not 1 <= number <= LONGEST_DAYS:
        raise ValueError(typed)
    return number


def run(arguments: argparse.Namespace) -> int:
    """Apply the retention periods once."""
    keep = RetentionPeriods(
        **{field.name: getattr(arguments, field.name) for field in fields(RetentionPeriods)}
    )
    engine = open_existing(settings.read(arguments).database_url)
    now = datetime.now(UTC)
    try:
        partitions.PartitionMaker(engine).maintain(now)
        deleted_rows = apply_retention(engine, keep, now, without_lake=arguments.without_lake)
    finally:
        engine.dispose()
    log.info("retention.applied", extra=deleted_rows)
    return 0


def apply_retention(
    engine: Engine, keep: RetentionPeriods, now: datetime, *, without_lake: bool = False
) -> dict[str, int]:
    """Delete old rows; returns how many of each table.

    Rows that a lake has not taken over stay, and standard error says how many, unless
    `without_lake` deletes them as well.
    """
    found = _list_expired(engine, keep, now, without_lake)
    deleted = {
        one.table.name: partitions.drop_before(engine, one.table, one.before, up_to=one.up_to)
        + _delete(engine, one.table, one.deletable)
        for one in found
    }
    for one in found:
        _warn_if_waiting(engine, one)
    return deleted


def _list_expired(
    engine: Engine, keep: RetentionPeriods, now: datetime, without_lake: bool
) -> list[ExpiredRows]:
    minutes_before = now - timedelta(days=keep.minutes_days)
    minute_at = microseconds(minutes_before) // 1_000_000
    letters_before = now - timedelta(days=keep.dead_letters_days)
    return [
        *_list_expired_for_lake(engine, keep, now, without_lake),
        ExpiredRows(
            dead_letters, letters_before, dead_letters.c.last_received_at < letters_before
        ),
        *(
            ExpiredRows(table, minutes_before, table.c.minute_at < minute_at)
            for table in (minute_tallies, minute_demographics, minute_sensors)
        ),
        _list_expired_receipts(now - timedelta(days=keep.receipts_days)),
        _list_expired_errors(now - timedelta(days=keep.price_errors_days)),
    ]  # fmt: skip


def _list_expired_receipts(before: datetime) -> ExpiredRows:
    """The oldest entries of the log, and receipts outside it; the tree of the log stays.

    Entries are deleted up to the first that is young, so that none is missing among the others.
    """
    young = select(func.min(receipts.c.entry)).where(receipts.c.received_at >= before)
    size = select(receipt_log_head.c.size)
    first_kept = func.coalesce(young.scalar_subquery(), size.scalar_subquery())
    is_outside = receipts.c.entry.is_(None) & (receipts.c.received_at < before)
    return ExpiredRows(receipts, before, (receipts.c.entry < first_kept) | is_outside)


def _list_expired_errors(before: datetime) -> ExpiredRows:
    return ExpiredRows(retail_errors, before, retail_errors.c.last_received_at < before)


def _list_expired_for_lake(
    engine: Engine, keep: RetentionPeriods, now: datetime, without_lake: bool
) -> list[ExpiredRows]:
    """Of the tables that a lake takes over."""
    with reading(engine) as connection:
        waits = not without_lake and is_in_use(connection)
        numbers = {
            table: read_landed_number(connection, table) if waits else None
            for table in (reports, alert_changes, retail_price_points)
        }
    reports_before = now - timedelta(days=keep.reports_days)
    changes_before = now - timedelta(days=keep.alert_changes_days)
    hours_before = now - timedelta(days=keep.heartbeats_days)
    points_before = now - timedelta(days=keep.price_points_days)
    received_at = retail_price_points.c.received_at
    old = (
        (reports, reports_before, _old_reports(engine, reports_before)),
        (alert_changes, changes_before, alert_changes.c.changed_at < changes_before),
        (retail_price_points, points_before, received_at < points_before),
    )
    numbered = [
        ExpiredRows(table, before, is_old, None if up_to is None else table.c.id <= up_to, up_to)
        for table, before, is_old in old
        for up_to in [numbers[table]]
    ]
    is_old_hour = device_hours.c.hour_at < hours_before
    is_landed = is_hour_landed() if waits else None
    return [*numbered, ExpiredRows(device_hours, hours_before, is_old_hour, is_landed)]


def _warn_if_waiting(engine: Engine, one: ExpiredRows) -> None:
    if one.is_landed is None:
        return
    waiting = one.condition & ~one.is_landed
    with reading(engine) as connection:
        rows = connection.execute(
            select(func.count()).select_from(one.table).where(waiting)
        ).scalar_one()
    if rows:
        log.warning("retention.waits_for_lake", extra={"table": one.table.name, "rows": rows})
        sys.stderr.write(
            f"{rows} rows of {one.table.name} are past their retention and not in the lake, so "
            "they stay: run `python -m cloud lake update`. If the lake is no longer used, "
            "`--without-lake` deletes them\n"
        )


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
