"""`python -m cloud streams list|losses|close`: how far each camera is settled, and what is lost.

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
from cloud.database import lost_sequences, open_existing, reading, report_streams, writing
from cloud.ingest.plausibility import ValidationRules
from cloud.ingest.received_ranges import ReceivedRanges
from cloud.ingest.sequences import ReportStreams
from wire.scalars import DeviceId, JournalId


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `streams`."""
    actions = parser.add_subparsers(dest="action", required=True)
    lists = actions.add_parser("list", help="each camera's streams, those with gaps first")
    lists.add_argument("--gaps", action="store_true", help="only those with gaps")
    loses = actions.add_parser("losses", help="numbers that were acknowledged and are not here")
    closes = actions.add_parser("close", help="settle the gaps of one stream")
    closes.add_argument("device")
    closes.add_argument("stream_id")
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
        return _close(engine, arguments.device, arguments.stream_id, datetime.now(UTC))
    finally:
        engine.dispose()


def _list(engine: Engine, *, only_gaps: bool) -> int:
    with reading(engine) as connection:
        rows = connection.execute(select(report_streams)).all()
    for row in sorted(
        rows, key=lambda row: (row.received_ranges == "[]", row.location, row.device)
    ):
        settled = ReceivedRanges.read(row.through, row.received_ranges)
        if settled.ranges or not only_gaps:
            gaps = f", then {len(settled.ranges)} gaps" if settled.ranges else ""
            sys.stdout.write(
                f"{row.location}/{row.device}  {row.stream_id}  through {row.through}{gaps}  "
                f"{row.acknowledged_at:%Y-%m-%d %H:%M:%S}Z\n"
            )
    return 0


def _losses(engine: Engine) -> int:
    with reading(engine) as connection:
        rows = connection.execute(
            select(lost_sequences).order_by(lost_sequences.c.noticed_at)
        ).all()
    for row in rows:
        sys.stdout.write(
            f"{row.location}/{row.device}  {row.stream_id}  {row.first_sequence} to "
            f"{row.last_sequence}  noticed {row.noticed_at:%Y-%m-%d %H:%M:%S}Z\n"
        )
    return 0


def _close(engine: Engine, device: str, stream_id: str, now: datetime) -> int:
    key = (DeviceId(device), JournalId(stream_id))
    with writing(engine) as connection:
        which = (report_streams.c.device == device) & (report_streams.c.stream_id == stream_id)
        row = connection.execute(select(report_streams).where(which)).one_or_none()
        if row is None or row.received_ranges == "[]":
            what = "has no gaps" if row else "is not known"
            sys.stderr.write(f"stream {stream_id} of {device} {what}: see `streams list`\n")
            return 1
        held = ReportStreams(connection, {key: row.location}, now, ValidationRules())
        last = ReceivedRanges.read(row.through, row.received_ranges).ranges[-1][1]
        held.close_gaps_below(key, last)
        held.save()
    sys.stdout.write(
        f"settled {row.through + 1} to {last}; the camera is told with its next report\n"
    )
    return 0
