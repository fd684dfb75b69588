"""Write a plausible history of many cameras straight into the raw zone of a lake.

For tests of scale: no broker and no stream takes part. Run `python -m cloud lake update`, `marts`
or `nightly` afterwards, with the sites file that is written here. What is printed at the end is
known to be true: how many rows must be promoted, and how many must be quarantined by which rule.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from cloud import database, settings
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError
from cloud.lake.ownership import ForeignLakeError
from cloud.lake.storage import StorageError, open_storage
from simulators.fleet import INTERVALS_S
from simulators.lake.history import History
from simulators.lake.writing import HistoryWriter, OtherDataError, WrittenDay
from simulators.output_file import replace_file
from simulators.synthetic.cameras import create_sites, render_sites_file
from wire.clock import utc_now
from wire.command_line import whole_number

MAX_LOCATIONS: Final = 99_999  # their names have five digits
MAX_DAYS: Final = 3_660
EARLIEST: Final = date(2020, 1, 3)
SITES: Final = Path("var/simulated-sites.yaml")


class LakeHistoryError(ValueError):
    """Invalid options of a history."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m simulators lake`."""
    add = parser.add_argument
    add("--locations", type=whole_number(1, MAX_LOCATIONS), required=True, metavar="N",
        help=f"locations of one camera each, 1 to {MAX_LOCATIONS}")  # fmt: skip
    add("--days", type=whole_number(1, MAX_DAYS), required=True, metavar="D",
        help="UTC days of the history; days that it has already are left as they are")  # fmt: skip
    add("--lake", required=True, metavar="FOLDER",
        help="folder or s3://bucket/prefix of a lake without data of cameras")  # fmt: skip
    settings.add_arguments(parser, "database")
    add("--first-on", type=date.fromisoformat, metavar="DAY",
        help="first day, YYYY-MM-DD (default: so that the last day is yesterday)")  # fmt: skip
    add("--interval", type=int, default=60, metavar="S", choices=INTERVALS_S,
        help="length of a report in seconds (default: %(default)s)")  # fmt: skip
    add("--seed", type=whole_number(0), default=1,
        help="the same options give the same rows (default: %(default)s)")  # fmt: skip
    add("--faults", action="store_true",
        help="add duplicates, implausible reports and corrections of them")  # fmt: skip
    add("--write-sites", type=Path, default=SITES, metavar="FILE.yaml",
        help="where to write the sites file of the locations (default: %(default)s)")  # fmt: skip
    add("--progress", action="store_true", help="show each day when it is written")


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Write the history; 2 when an option or the lake is refused."""
    try:
        history = _read_history(arguments, clock().date())
        engine = database.open_or_make(settings.read(arguments).database_url)
        try:
            lake = Lake(open_storage(arguments.lake), engine)
            writer = HistoryWriter(lake, history)
            _write_sites(history, arguments.write_sites)
            _write_days(writer, arguments, clock)
        finally:
            engine.dispose()
    except (
        ForeignLakeError, LakeConflictError, LakeHistoryError, OtherDataError, StorageError,
    ) as error:  # fmt: skip
        sys.stderr.write(f"lake: {error}\n")
        return 2
    return 0


def _read_history(arguments: argparse.Namespace, today: date) -> History:
    first_on = arguments.first_on or today - timedelta(days=arguments.days)
    last_on = first_on + timedelta(days=arguments.days - 1)
    if first_on < EARLIEST or last_on >= today:
        raise LakeHistoryError(
            f"the history would be from {first_on} to {last_on}: it must begin on {EARLIEST} or "
            f"later and end before {today}"
        )
    return History(
        arguments.locations, arguments.seed, first_on, arguments.interval, arguments.faults
    )


def _write_sites(history: History, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as partial:
        sites = create_sites(history.locations, history.seed)
        partial.write_text(render_sites_file(sites), encoding="utf-8")


def _write_days(
    writer: HistoryWriter, arguments: argparse.Namespace, clock: Callable[[], datetime]
) -> None:
    written: list[WrittenDay] = []
    while writer.days_written < arguments.days:
        written.append(writer.write_day(now=clock()))
        if arguments.progress:
            _show_progress(written[-1], writer.days_written, arguments.days)
    _print_truth(written, arguments)


def _show_progress(day: WrittenDay, done: int, total: int) -> None:
    rows = day.rows["audience_reports"]
    sys.stderr.write(f"lake: {day.day}, {done} of {total} days, {rows} reports\n")
    sys.stderr.flush()


def _print_truth(written: list[WrittenDay], arguments: argparse.Namespace) -> None:
    rows: Counter[str] = sum((one.rows for one in written), Counter())
    late: Counter[str] = sum((one.late for one in written), Counter())
    quarantined: Counter[tuple[str, str]] = sum((one.quarantined for one in written), Counter())
    sys.stdout.write(f"{len(written)} days written, sites in {arguments.write_sites}\n")
    for name, count in sorted(rows.items()):
        bad = sum(failed for (table, _), failed in quarantined.items() if table == name)
        sys.stdout.write(
            f"raw.{name}: {count} rows, of which {late[name]} late; {count - bad} good\n"
        )
    for (name, rule), count in sorted(quarantined.items()):
        sys.stdout.write(f"quarantined from raw.{name} by {rule}: {count}\n")
