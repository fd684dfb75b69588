"""`python -m cloud lake ACTION`: fill, read and maintain the data lake."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cloud import database, settings
from cloud.cli.lake import catalogue, holds, quality, reconcile, recovery
from cloud.cli.lake.memory_limit import limit_memory
from cloud.cli.lake.output import (
    FAILURES,
    WRITERS,
    describe_failure,
    record_action,
    write_line,
    write_stopped,
)
from cloud.lake import lifecycle
from cloud.lake.compaction import MIN_FILES, compact
from cloud.lake.expiry import expire
from cloud.lake.file_checks import DamagedFileError
from cloud.lake.file_lists import write_lists
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    LakeConflictError,
    UnknownSnapshotError,
    read_files,
    read_snapshots,
)
from cloud.lake.ownership import require_listed_files
from cloud.lake.query import LONGEST, QueryError, run_query
from cloud.lake.raw.replay import RepairError
from cloud.lake.recovery.drop import DropError
from cloud.lake.registry import TABLES, UnknownTableError, all_tables, find_table
from cloud.lake.storage import StorageError, open_storage
from cloud.lake.table_list import describe_tables
from cloud.lake.tables import LakeTable
from cloud.lake.verification import verify
from wire.clock import utc_now
from wire.command_line import row_count, whole_number

FOLDER: Final = "var/lake"
QUERY_BYTES: Final = 2 << 30
"""DuckDB's limit of 1 GB, and as much for reading, threads and results."""
FORMATS: Final = ("table", "csv", "json")
REFUSED: Final = (
    DropError, LakeConflictError, QueryError, RepairError, StorageError, UnknownSnapshotError,
    UnknownTableError, quality.UnknownRuleError,
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `lake`."""
    settings.add_arguments(parser, "database")
    parser.add_argument(
        "--lake", metavar="FOLDER", default=os.environ.get("ONLOOKER_LAKE", FOLDER),
        help=f"folder or s3://bucket/prefix, which may contain {{zone}} (ONLOOKER_LAKE, {FOLDER})",
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", required=True)
    quality.add_actions(actions)
    recovery.add_actions(actions)
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
    queries.add_argument(
        "--seconds", type=whole_number(1), default=LONGEST // timedelta(seconds=1),
        help="when the statement is interrupted (%(default)s)",
    )  # fmt: skip
    queries.add_argument("--limit", type=row_count, default=1_000, help="rows (%(default)s)")
    compacts = actions.add_parser("compact", help="rewrite days of many files as one sorted file")
    _add_table(compacts, nargs="?")
    compacts.add_argument(
        "--min-files", type=whole_number(2), default=MIN_FILES,
        help="leave days with fewer files alone (%(default)s)",
    )  # fmt: skip
    actions.add_parser("lists", help="renew the lists of files that Athena reads; only on S3")
    actions.add_parser("verify", help="compare every file with the manifest; 1 on any difference")
    expires = actions.add_parser(
        "expire", help="delete days past their retention, and files of expired snapshots"
    )
    expires.add_argument(
        "--days", type=whole_number(1), default=lifecycle.TIME_TRAVEL.days,
        help="how long earlier snapshots stay readable (%(default)s)",
    )  # fmt: skip
    catalogue.add_actions(actions)
    reconcile.add_arguments(
        actions.add_parser("reconcile", help="a database that was restored from an older copy")
    )
    holds.add_arguments(actions.add_parser("hold", help="legal holds: days that are not deleted"))


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
    except FAILURES as error:
        sys.stderr.write(describe_failure(error))
        return 2
    finally:
        engine.dispose()


def _status(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    write_line(f"{'table':36}{'snapshot':>9}{'rows':>14}{'files':>8}{'MB':>10}  days")
    for table in all_tables():
        with database.reading(lake.engine) as connection:
            files = read_files(connection, table.full_name)
            snapshots = read_snapshots(connection, table.full_name)
        number = snapshots[-1].number if snapshots else 0
        rows = sum(file.rows for file in files)
        megabytes = sum(file.size_bytes for file in files) / 1e6
        days = f"{files[0].day} to {files[-1].day}" if files else "none"
        write_line(
            f"{table.full_name:36}{number:>9}{rows:>14}{len(files):>8}{megabytes:>10.1f}  {days}"
        )
    quality.write_quality(lake, now)
    return 0


def _snapshots(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    table = find_table(arguments.table)
    with database.reading(lake.engine) as connection:
        for one in read_snapshots(connection, table.full_name):
            write_line(
                f"{one.number:>6}  {one.committed_at:%Y-%m-%d %H:%M:%S}  {one.operation:8}"
                f"  +{one.rows_added}  -{one.rows_removed}"
            )
    return 0


def _query(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    at = {find_table(name).full_name: number for name, number in arguments.at}
    longest = timedelta(seconds=arguments.seconds)
    with limit_memory(QUERY_BYTES):
        result = run_query(lake, arguments.sql, at=at, limit=arguments.limit, longest=longest)
    record_action(lake, now, "lake.queried", "lake", {"sql": arguments.sql[:2_000], "at": at})
    WRITERS[arguments.format](result)
    if not result.is_complete:
        sys.stderr.write(f"only the first {arguments.limit} rows are shown: raise --limit\n")
    return 0


def _compact(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    require_listed_files(lake)
    chosen: Sequence[LakeTable] = [find_table(arguments.table)] if arguments.table else all_tables()
    stopped = 0
    for table in chosen:
        days = list(compact(lake, table, now=now, min_files=arguments.min_files))
        stopped += write_stopped(days)
        compacted = sum(not one.stopped for one in days)
        write_line(f"{table.full_name}: {compacted} days compacted")
    write_line(f"{lifecycle.retire(lake, now=now)} files retired")
    return 1 if stopped else 0


def _lists(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    renewed = sum(write_lists(lake, table.full_name) for table in all_tables())
    write_line(f"{renewed} lists of files renewed")
    return 0


def _verify(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    faults = 0
    for fault in verify(lake):
        faults += fault.is_current
        expiring = "" if fault.is_current else "; only earlier snapshots have it"
        write_line(f"{fault.fault}  {fault.path}  {fault.detail}{expiring}")
    write_line(f"{faults} faults" if faults else "every file is as it was committed")
    return 1 if faults else 0


def _expire(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    time_travel = timedelta(days=arguments.days)
    result = expire(lake, actor=getpass.getuser(), now=now, time_travel=time_travel)
    if result.rows_past_retention:
        write_line(f"{result.rows_past_retention} rows are past their retention")
    write_line(
        f"{result.retired} files retired, {result.deleted} deleted, "
        f"{result.unlisted} unlisted files deleted"
    )
    return 0


def _snapshot(typed: str) -> tuple[str, int]:
    name, _, number = typed.partition("=")
    if not (name and number.isascii() and number.isdigit() and len(number) < 19):
        raise argparse.ArgumentTypeError(
            f"{typed[:60]!r} names no snapshot: write one like raw.audience_reports=7"
        )
    return name, int(number)


ACTIONS: Final[dict[str, Callable[[Lake, argparse.Namespace, datetime], int]]] = {
    "update": quality.update,
    "status": _status,
    "snapshots": _snapshots,
    "query": _query,
    "quarantine": quality.list_quarantine,
    "replay": quality.replay,
    "repair": quality.repair,
    "compact": _compact,
    "lists": _lists,
    "verify": _verify,
    "expire": _expire,
    "catalogue": catalogue.write_pages,
    "drop": recovery.drop,
    "rebuild": recovery.rebuild,
    "reconcile": reconcile.run,
    "hold": holds.run,
}
