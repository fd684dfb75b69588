"""`python -m cloud journals list|losses|close`: how far each camera is settled, and what is lost.

A gap means that the cloud waits for reports which the camera has not sent yet. When the cloud's
database was lost or restored, the camera has long been told that those reports are safe and has
forgotten them. Its next heartbeat says so, and the gap is closed and listed under `losses`. Old
agents do not say it: `close` settles their gaps by hand. A report that is closed over and still
comes is counted, and its numbers leave the list of losses.
"""

import argparse
import sys
from datetime import UTC, datetime

from sqlalchemy import Engine, select

from cloud import settings
from cloud.database import journals, losses, open_existing, reading, writing
from cloud.ingest.journals import Journals
from cloud.ingest.plausible import Rules
from cloud.ingest.settled import Settled
from wire.scalars import DeviceId, JournalId


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `journals`."""
    actions = parser.add_subparsers(dest="action", required=True)
    lists = actions.add_parser("list", help="each camera's journals, those with gaps first")
    lists.add_argument("--gaps", action="store_true", help="only those with gaps")
    loses = actions.add_parser("losses", help="numbers that were acknowledged and are not here")
    closes = actions.add_parser("close", help="settle the gaps of one journal")
    closes.add_argument("device")
    closes.add_argument("journal")
    for action in (lists, loses, closes):
        settings.add_arguments(action, "database")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; 1 when there is nothing to close."""
    engine = open_existing(settings.read(arguments).database_url)
    try:
        if arguments.action == "losses":
            return _losses(engine)
        if arguments.action == "list":
            return _list(engine, only_gaps=arguments.gaps)
        return _close(engine, arguments.device, arguments.journal, datetime.now(UTC))
    finally:
        engine.dispose()


def _list(engine: Engine, *, only_gaps: bool) -> int:
    with reading(engine) as connection:
        rows = connection.execute(select(journals)).all()
    for row in sorted(rows, key=lambda row: (row.islands == "[]", row.location, row.device)):
        settled = Settled.read(row.through, row.islands)
        if settled.islands or not only_gaps:
            gaps = f", then {len(settled.islands)} gaps" if settled.islands else ""
            sys.stdout.write(
                f"{row.location}/{row.device}  {row.journal}  through {row.through}{gaps}  "
                f"{row.settled_at:%Y-%m-%d %H:%M:%S}Z\n"
            )
    return 0


def _losses(engine: Engine) -> int:
    with reading(engine) as connection:
        rows = connection.execute(select(losses).order_by(losses.c.noticed_at)).all()
    for row in rows:
        sys.stdout.write(
            f"{row.location}/{row.device}  {row.journal}  {row.first_sequence} to "
            f"{row.last_sequence}  noticed {row.noticed_at:%Y-%m-%d %H:%M:%S}Z\n"
        )
    return 0


def _close(engine: Engine, device: str, journal: str, now: datetime) -> int:
    key = (DeviceId(device), JournalId(journal))
    with writing(engine) as connection:
        which = (journals.c.device == device) & (journals.c.journal == journal)
        row = connection.execute(select(journals).where(which)).one_or_none()
        if row is None or row.islands == "[]":
            what = "has no gaps" if row else "is not known"
            sys.stderr.write(f"journal {journal} of {device} {what}: see `journals list`\n")
            return 1
        held = Journals(connection, {key: row.location}, now, Rules())
        last = Settled.read(row.through, row.islands).islands[-1][1]
        held.close_below(key, last)
        held.save()
    sys.stdout.write(
        f"settled {row.through + 1} to {last}; the camera is told with its next report\n"
    )
    return 0
