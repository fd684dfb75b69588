"""`python -m cloud lake drop|rebuild`: give a damaged file up, or compute raw tables anew."""

import argparse
import getpass
from datetime import date, datetime
from typing import Any

from cloud.cli.lake.output import record_action, write_line, write_stopped
from cloud.cli.lake.quality import list_days, promote_trusted
from cloud.lake.lake import Lake
from cloud.lake.ownership import require_listed_files
from cloud.lake.recovery.drop import drop_file
from cloud.lake.recovery.rebuild import rebuild_days


def add_actions(actions: Any) -> None:
    """The actions of this module."""
    drops = actions.add_parser("drop", help="remove a damaged file from its table for good")
    drops.add_argument("file", help="its path, as `lake verify` shows it")
    drops.add_argument("--reason", required=True, help="why; it is recorded")
    rebuilds = actions.add_parser(
        "rebuild", help="write the raw tables of days anew from landed rows, then promote them"
    )
    for option, text in (("--first-on", "first day, YYYY-MM-DD, UTC"), ("--last-on", "last day")):
        rebuilds.add_argument(option, type=date.fromisoformat, required=True, help=text)


def drop(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """Drop one file."""
    require_listed_files(lake)
    found = drop_file(
        lake, arguments.file, reason=arguments.reason, actor=getpass.getuser(), now=now
    )
    write_line(f"{found.rows} rows of {found.table_name} on {found.day} dropped: {found.fault}")
    for name in found.not_in:
        write_line(f"they never reached {name}")
    return 0


def rebuild(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """Rebuild days; 1 when one of them is left as it is."""
    require_listed_files(lake)
    days = list_days(arguments.first_on, arguments.last_on)
    found = list(rebuild_days(lake, days, now=now))
    details = {"days": [str(one.day) for one in found if not one.stopped]}
    record_action(lake, now, "lake.raw_rebuilt", "lake", details)
    promoted, quarantined = (
        sum(getattr(one, name) for one in found) for name in ("promoted", "quarantined")
    )
    write_line(f"{promoted} rows written to the raw zone, {quarantined} quarantined")
    stopped = write_stopped(found)
    return max(1 if stopped else 0, promote_trusted(lake, now, also=days))
