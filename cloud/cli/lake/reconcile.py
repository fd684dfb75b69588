"""`python -m cloud lake reconcile list|adopt|discard`: a database that is older than the lake."""

import argparse
import getpass
from datetime import datetime

from cloud.cli.lake.output import write_line
from cloud.lake.lake import Lake
from cloud.lake.recovery.reconcile import adopt, discard, find_newer_tables


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `lake reconcile`."""
    actions = parser.add_subparsers(dest="reconcile_action", required=True)
    actions.add_parser("list", help="snapshots that only the lake has; 1 when there are any")
    actions.add_parser("adopt", help="add them to the database")
    discards = actions.add_parser("discard", help="give them up: `expire` deletes their files")
    discards.add_argument("--reason", required=True, help="why; it is recorded")


def run(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """Run the action; `list` ends with 1 when the lake is newer than the database."""
    tables = find_newer_tables(lake)
    for one in tables:
        files = sum(len(record.added) for record in one.records)
        write_line(
            f"{one.table_name}: snapshots {one.records[0].number} to {one.records[-1].number}, "
            f"{files} files, {one.rows_added} rows added"
        )
    if not tables:
        write_line("the database has every snapshot that the lake has")
        return 0
    actor = getpass.getuser()
    if arguments.reconcile_action == "list":
        return 1
    if arguments.reconcile_action == "adopt":
        adopt(lake, tables, actor=actor, now=now)
        write_line("adopted: run `python -m cloud lake verify`, then `update`")
    else:
        discard(lake, tables, reason=arguments.reason, actor=actor, now=now)
        write_line(
            "discarded: `python -m cloud lake expire` deletes the files when they are a day old"
        )
    return 0
