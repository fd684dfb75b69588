"""Changes to stored reports: downsampled, moved in time, renumbered. Sums never change.

A changed report gets a new receipt.
"""

import sqlite3
from collections.abc import Iterable
from datetime import timedelta

from msgspec import structs

from edge_agent.outbox.downsampling import INTERVALS, downsample_reports, group_reports
from edge_agent.outbox.rows import BETWEEN, INSERT, Rows, decode_rows, encode_report
from edge_agent.outbox.streams import ReportStream
from wire.audience import AudienceReport
from wire.scalars import SequenceRange


def downsample_stored(
    rows: Rows, streams: Iterable[ReportStream], *, stored_bytes: int, target_bytes: int
) -> int:
    """Downsample the oldest unsent reports until at most `target_bytes` are stored.

    Returns the number of reports that were replaced by longer ones.
    """
    bases = {stream.id: stream.base for stream in streams}
    replaced = 0
    with rows.transaction() as database:
        for run in (run for length in INTERVALS for run in group_reports(rows.unsent(), length)):
            stored_bytes += _replace(rows, database, run, bases[run[0].journal])
            replaced += len(run)
            if stored_bytes <= target_bytes:
                break
    return replaced


def _replace(rows: Rows, database: sqlite3.Connection, run: list[AudienceReport], base: int) -> int:
    """Replace a group by one report; returns the change in bytes."""
    report = downsample_reports(run)
    first, last = base + report.sequence.first, base + report.sequence.last
    size = rows.read(f"SELECT sum(length(sealed)) {BETWEEN}", first, last)[0][0]
    content = encode_report(report, rows.sign)
    database.execute(f"DELETE {BETWEEN}", (first, last))
    database.execute(INSERT, (first, last, *content))
    return len(content.event) - int(size)


def shift_times(rows: Rows, reports: Iterable[tuple[int, AudienceReport]], by: timedelta) -> int:
    """Move reports in time; returns their number."""
    moved = 0
    with rows.transaction() as database:
        for moved, (row, report) in enumerate(reports, 1):  # noqa: B007  counted
            content = encode_report(
                structs.replace(
                    report, starts_at=report.starts_at + by, ends_at=report.ends_at + by
                ),
                rows.sign,
            )
            database.execute(
                "UPDATE report SET starts_at = ?, sealed = ? WHERE first = ?", (*content, row)
            )
    return moved


def renumber_rows(rows: Rows, new: ReportStream) -> int:
    """Move all reports from the first row of `new` on into that stream, as never sent.

    Returns their number.
    """
    stored = rows.read("SELECT first, sealed FROM report WHERE first >= ?", new.first)
    with rows.transaction() as database:
        for row, report in decode_rows(stored):
            length = report.sequence.last - report.sequence.first
            first = new.sequence(row)
            numbers = SequenceRange(first=first, last=first + length)
            renumbered = structs.replace(report, journal=new.id, sequence=numbers)
            content = encode_report(renumbered, rows.sign)
            database.execute(
                "UPDATE report SET sealed = ?, sent = 0 WHERE first = ?", (content.event, row)
            )
    return len(stored)
