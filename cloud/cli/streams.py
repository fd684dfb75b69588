"""`python -m cloud streams list|losses|close`: acknowledged, missing and lost reports.

A gap contains reports that the camera has not sent yet. When the database was lost or restored, the
camera no longer holds reports that were acknowledged. Its next heartbeat says so: the gap is closed
and listed under `losses`. Old agents do not send that field: `close` closes their gaps by hand. A
report that was recorded as lost and arrives after all is counted and leaves the losses.
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
    list_parser = actions.add_parser("list", help="each camera's streams, those with gaps first")
    list_parser.add_argument("--gaps", action="store_true", help="only those with gaps")
    losses_parser = actions.add_parser(
        "losses", help="acknowledged sequence numbers whose reports are lost"
    )
    close_parser = actions.add_parser("close", help="close the gaps of one stream")
    close_parser.add_argument("device", help="name of the device")
    close_parser.add_argument("stream_id", help="16 digits, as `streams list` shows")
    for action in (list_parser, losses_parser, close_parser):
        settings.add_arguments(action, "database")


def run(arguments: argparse.Namespace) -> int:
    """Run the action; 1 when there is nothing to close."""
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
        received = ReceivedRanges.read(row.through, row.received_ranges)
        if received.ranges or not only_gaps:
            gaps = f", then {len(received.ranges)} gaps" if received.ranges else ""
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
        f"closed {row.through + 1} to {last}; the camera is acknowledged with its next report\n"
    )
    return 0
