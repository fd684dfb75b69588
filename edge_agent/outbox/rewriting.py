"""Changes to stored reports: made longer, moved in time, numbered anew. Sums never change."""

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
    rows: Rows, streams: Iterable[ReportStream], *, left: int, wanted: int
) -> int:
    """Make the oldest unsent reports longer until no more than `wanted` bytes are left.

    How many reports became part of a longer one.
    """
    bases = {stream.id: stream.base for stream in streams}
    merges = 0
    with rows.transaction() as database:
        for run in (run for length in INTERVALS for run in group_reports(rows.unsent(), length)):
            left += _replace(rows, database, run, bases[run[0].journal])
            merges += len(run)
            if left <= wanted:
                break
    return merges


def _replace(rows: Rows, database: sqlite3.Connection, run: list[AudienceReport], base: int) -> int:
    """Put one report in the place of several; the change of bytes."""
    report = downsample_reports(run)
    first, last = base + report.sequence.first, base + report.sequence.last
    size = rows.read(f"SELECT sum(length(sealed)) {BETWEEN}", first, last)[0][0]
    content = encode_report(report)
    database.execute(f"DELETE {BETWEEN}", (first, last))
    database.execute(INSERT, (first, last, *content))
    return len(content.event) - int(size)


def shift_times(rows: Rows, reports: Iterable[tuple[int, AudienceReport]], by: timedelta) -> int:
    """Correct the times of reports; how many."""
    moved = 0
    with rows.transaction() as database:
        for moved, (row, report) in enumerate(reports, 1):  # noqa: B007  counted
            content = encode_report(
                structs.replace(
                    report, starts_at=report.starts_at + by, ends_at=report.ends_at + by
                )
            )
            database.execute(
                "UPDATE report SET starts_at = ?, sealed = ? WHERE first = ?", (*content, row)
            )
    return moved


def renumber_rows(rows: Rows, new: ReportStream) -> int:
    """Put all reports from the first row of `new` on into that stream, as never sent; how many."""
    stored = rows.read("SELECT first, sealed FROM report WHERE first >= ?", new.first)
    with rows.transaction() as database:
        for row, report in decode_rows(stored):
            length = report.sequence.last - report.sequence.first
            first = new.sequence(row)
            numbers = SequenceRange(first=first, last=first + length)
            content = encode_report(structs.replace(report, journal=new.id, sequence=numbers))
            database.execute(
                "UPDATE report SET sealed = ?, sent = 0 WHERE first = ?", (content.event, row)
            )
    return len(stored)
