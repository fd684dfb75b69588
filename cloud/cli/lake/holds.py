"""`python -m cloud lake hold place|list|release`: legal holds on days of a table.

A hold and its entry in the audit log are one transaction.
"""

import argparse
import getpass
import sys
from datetime import date, datetime

from cloud import database
from cloud.auth.audit import record_change
from cloud.cli.lake.output import write_line
from cloud.lake import lifecycle
from cloud.lake.lake import Lake
from cloud.lake.registry import find_table
from wire.command_line import row_id


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `lake hold`."""
    actions = parser.add_subparsers(dest="hold_action", required=True)
    places = actions.add_parser("place", help="keep days of a table until the hold is released")
    places.add_argument("table", help="such as raw.audience_reports")
    places.add_argument("first_on", type=_day, help="first day, YYYY-MM-DD, UTC")
    places.add_argument("last_on", type=_day, help="last day, included")
    places.add_argument("--reason", required=True, help="why; it is recorded")
    actions.add_parser("list", help="holds in force")
    releases = actions.add_parser("release", help="end a hold")
    releases.add_argument("id", type=row_id, help="number, as `lake hold list` shows")


def run(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """Run the action; 1 when there is no such hold, 2 when it is refused."""
    match arguments.hold_action:
        case "place":
            return _place(lake, arguments, now)
        case "release":
            return _release(lake, arguments, now)
    with database.reading(lake.engine) as connection:
        for hold in lifecycle.read_holds(connection):
            write_line(
                f"{hold.id:>4}  {hold.table_name}  {hold.first_on} to {hold.last_on}  "
                f"{hold.author}  {hold.reason}"
            )
    return 0


def _place(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    table = find_table(arguments.table).full_name
    days = (arguments.first_on, arguments.last_on)
    if days[0] > days[1]:
        sys.stderr.write(f"the last day {days[1]} comes before the first day {days[0]}\n")
        return 2
    author = getpass.getuser()
    details = {"table": table, "days": list(map(str, days)), "reason": arguments.reason}
    with database.writing(lake.engine) as connection:
        number = lifecycle.place_hold(connection, table, days, arguments.reason, author, now)
        record_change(
            connection, at=now, actor=author, action="lake.hold_placed", about=str(number),
            details=details,
        )  # fmt: skip
    write_line(f"hold {number} placed on {table}, {days[0]} to {days[1]}")
    return 0


def _release(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    number = arguments.id
    with database.writing(lake.engine) as connection:
        is_released = lifecycle.release_hold(connection, number, now)
        if is_released:
            record_change(
                connection, at=now, actor=getpass.getuser(), action="lake.hold_released",
                about=str(number), details={},
            )  # fmt: skip
    if not is_released:
        sys.stderr.write(f"there is no hold {number} in force\n")
        return 1
    write_line(f"hold {number} released")
    return 0


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{typed[:40]!r} is no day: write one like 2026-11-30"
        ) from None
