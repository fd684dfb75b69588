"""`python -m cloud lake ACTION`: fill, read and maintain the data lake."""

import argparse
import csv
import getpass
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from cloud import database, settings
from cloud.auth.audit import record_change
from cloud.cli import lake_holds
from cloud.lake import lifecycle
from cloud.lake.compaction import MIN_FILES, compact
from cloud.lake.file_lists import write_lists
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS, land_reports
from cloud.lake.manifest import (
    LakeConflictError,
    UnknownSnapshotError,
    read_files,
    read_snapshots,
)
from cloud.lake.ownership import require_listed_files, require_own_files
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.query import QueryError, QueryResult, run_query
from cloud.lake.raw.audience import AUDIENCE_TABLES
from cloud.lake.raw.promotion import promote_reports
from cloud.lake.registry import TABLES, UnknownTableError, find_table
from cloud.lake.storage import StorageError, open_storage
from cloud.lake.table_list import describe_tables
from cloud.lake.tables import LakeTable
from cloud.lake.verification import DamagedFileError, verify
from wire.clock import utc_now
from wire.command_line import row_count, whole_number

FOLDER: Final = "var/lake"
FORMATS: Final = ("table", "csv", "json")
REFUSED: Final = (
    LakeConflictError, QueryError, StorageError, UnknownSnapshotError, UnknownTableError,
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `lake`."""
    settings.add_arguments(parser, "database")
    parser.add_argument(
        "--lake", metavar="FOLDER", default=os.environ.get("ONLOOKER_LAKE", FOLDER),
        help=f"folder or s3://bucket/prefix, which may contain {{zone}} (ONLOOKER_LAKE, {FOLDER})",
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("update", help="land committed reports and promote them to the raw zone")
    actions.add_parser("status", help="rows, files, days and newest snapshot of each table")
    actions.add_parser("tables", help="all tables with their columns, as JSON")
    _add_table(actions.add_parser("snapshots", help="the snapshots of a table"))
    queries = actions.add_parser("query", help="run read-only SQL over the tables")
    queries.add_argument("sql", help="one statement; tables are named zone_table")
    queries.add_argument(
        "--at", type=_snapshot, action="append", default=[], metavar="TABLE=N",
        help="read a table as of snapshot N; may be repeated",
    )  # fmt: skip
    queries.add_argument("--format", choices=FORMATS, default="table", help="%(default)s")
    queries.add_argument("--limit", type=row_count, default=1_000, help="rows (%(default)s)")
    quarantined = actions.add_parser("quarantine", help="rows that were not promoted, newest first")
    quarantined.add_argument("--limit", type=row_count, default=50, help="rows (%(default)s)")
    compacts = actions.add_parser("compact", help="rewrite days of many files as one sorted file")
    _add_table(compacts, nargs="?")
    compacts.add_argument(
        "--min-files", type=whole_number(2), default=MIN_FILES,
        help="leave days with fewer files alone (%(default)s)",
    )  # fmt: skip
    actions.add_parser("lists", help="renew the lists of files that Athena reads; only on S3")
    actions.add_parser("verify", help="compare every file with the manifest; 1 on any difference")
    expires = actions.add_parser("expire", help="delete files of expired snapshots")
    expires.add_argument(
        "--days", type=whole_number(1), default=lifecycle.TIME_TRAVEL.days,
        help="how long earlier snapshots stay readable (%(default)s)",
    )  # fmt: skip
    lake_holds.add_arguments(
        actions.add_parser("hold", help="legal holds: days that are not deleted")
    )


def _add_table(parser: argparse.ArgumentParser, **options: Any) -> None:
    parser.add_argument("table", help="such as raw.audience_reports", **options)


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when a file or a hold is not as expected, 2 when it is refused."""
    if arguments.action == "tables":  # without a database
        sys.stdout.write(describe_tables(TABLES))
        return 0
    engine = database.open_existing(settings.read(arguments).database_url)
    try:
        lake = Lake(open_storage(arguments.lake), engine)
        return ACTIONS[arguments.action](lake, arguments, clock())
    except DamagedFileError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except REFUSED as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:  # of standard output
        raise
    except OSError as error:
        sys.stderr.write(f"the files of the lake cannot be read or written: {error}\n")
        return 2
    finally:
        engine.dispose()


def _update(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    require_listed_files(lake)
    landed = sum(snapshot.rows_added for snapshot in land_reports(lake, now=now))
    _write(f"{landed} reports landed")
    promoted = quarantined = 0
    for result in promote_reports(lake, now=now):
        promoted += result.promoted
        quarantined += result.quarantined
    for table in (LANDED_REPORTS, QUARANTINE, *AUDIENCE_TABLES):
        write_lists(lake, table.full_name)
    _write(f"{promoted} reports promoted to the raw zone, {quarantined} quarantined")
    return 0


def _status(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    _write(f"{'table':28}{'snapshot':>9}{'rows':>14}{'files':>8}{'MB':>10}  days")
    for table in TABLES:
        with database.reading(lake.engine) as connection:
            files = read_files(connection, table.full_name)
            snapshots = read_snapshots(connection, table.full_name)
        number = snapshots[-1].number if snapshots else 0
        rows = sum(file.rows for file in files)
        megabytes = sum(file.size_bytes for file in files) / 1e6
        days = f"{files[0].day} to {files[-1].day}" if files else "none"
        _write(
            f"{table.full_name:28}{number:>9}{rows:>14}{len(files):>8}{megabytes:>10.1f}  {days}"
        )
    return 0


def _snapshots(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    table = find_table(arguments.table)
    with database.reading(lake.engine) as connection:
        for one in read_snapshots(connection, table.full_name):
            _write(
                f"{one.number:>6}  {one.committed_at:%Y-%m-%d %H:%M:%S}  {one.operation:8}"
                f"  +{one.rows_added}  -{one.rows_removed}"
            )
    return 0


def _query(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    at = {find_table(name).full_name: number for name, number in arguments.at}
    result = run_query(lake, arguments.sql, at=at, limit=arguments.limit)
    with database.writing(lake.engine) as connection:
        _record(connection, now, "lake.queried", "lake", {"sql": arguments.sql[:2_000], "at": at})
    WRITERS[arguments.format](result)
    if not result.is_complete:
        sys.stderr.write(f"only the first {arguments.limit} rows are shown: raise --limit\n")
    return 0


def _quarantine(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    columns = "day, table_name, source_id, rule, left(reason, 120) AS reason"
    sql = f"SELECT {columns} FROM landing_quarantine ORDER BY day DESC, source_id DESC"  # noqa: S608
    _write_table(run_query(lake, sql, limit=arguments.limit))
    return 0


def _compact(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    require_listed_files(lake)
    chosen: Sequence[LakeTable] = [find_table(arguments.table)] if arguments.table else TABLES
    for table in chosen:
        snapshots = list(compact(lake, table, now=now, min_files=arguments.min_files))
        _write(f"{table.full_name}: {len(snapshots)} days compacted")
    _write(f"{lifecycle.retire(lake, now=now)} files retired")
    return 0


def _lists(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    renewed = sum(write_lists(lake, table.full_name) for table in TABLES)
    _write(f"{renewed} lists of files renewed")
    return 0


def _verify(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    faults = 0
    for fault in verify(lake):
        faults += 1
        _write(f"{fault.fault}  {fault.path}  {fault.detail}")
    _write(f"{faults} faults" if faults else "every file is as it was committed")
    return 1 if faults else 0


def _expire(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    require_own_files(lake)
    retired = lifecycle.retire(lake, now=now)
    deleted = lifecycle.delete_expired(lake, now=now, time_travel=timedelta(days=arguments.days))
    unlisted = len(lifecycle.delete_unlisted(lake, now=now))
    counts = {"retired": retired, "deleted": deleted, "unlisted": unlisted}
    if any(counts.values()):
        with database.writing(lake.engine) as connection:
            _record(connection, now, "lake.expired", "lake", counts)
    _write(f"{retired} files retired, {deleted} deleted, {unlisted} unlisted files deleted")
    return 0


def _record(
    connection: Connection, now: datetime, action: str, about: str, details: Mapping[str, Any]
) -> None:
    record_change(
        connection, at=now, actor=getpass.getuser(), action=action, about=about, details=details
    )


def _snapshot(typed: str) -> tuple[str, int]:
    name, _, number = typed.partition("=")
    if not (name and number.isascii() and number.isdigit() and len(number) < 19):
        raise argparse.ArgumentTypeError(
            f"{typed[:60]!r} names no snapshot: write one like raw.audience_reports=7"
        )
    return name, int(number)


def _write_table(result: QueryResult) -> None:
    rows = [result.columns, *([_text(value) for value in row] for row in result.rows)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(result.columns))]
    for row in rows:
        _write("  ".join(map(str.ljust, row, widths)).rstrip())


def _write_csv(result: QueryResult) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows(result.rows)


def _write_json(result: QueryResult) -> None:
    if repeated := [name for name, times in Counter(result.columns).items() if times > 1]:
        raise QueryError(f"{', '.join(repeated)} is the name of several columns: use AS for JSON")
    rows: Iterable[dict[str, Any]] = (
        dict(zip(result.columns, row, strict=True)) for row in result.rows
    )
    for row in rows:
        _write(json.dumps(row, default=_text))


def _text(value: Any) -> str:
    """A value in a table; null is empty."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")


WRITERS: Final = {"table": _write_table, "csv": _write_csv, "json": _write_json}
ACTIONS: Final[dict[str, Callable[[Lake, argparse.Namespace, datetime], int]]] = {
    "update": _update,
    "status": _status,
    "snapshots": _snapshots,
    "query": _query,
    "quarantine": _quarantine,
    "compact": _compact,
    "lists": _lists,
    "verify": _verify,
    "expire": _expire,
    "hold": lake_holds.run,
}
