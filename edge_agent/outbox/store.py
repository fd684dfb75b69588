"""Durable queue of reports: a report is deleted only when the cloud has acknowledged it.

Over its budget of bytes the outbox replaces reports that were never sent by longer ones
(downsampling); it drops none. If that is not enough, it grows beyond the budget and logs this.

`put` returns when the report is on the disk (WAL, synchronous FULL: a power cut loses no stored
report). A damaged database is renamed, never deleted, and a new one begins, because a camera must
continue without a visit by a technician. Every other failure is an OutboxError that changes
nothing; the same call may succeed later.

Each run of the agent numbers its reports in a stream of its own (`streams.py`). Another stream
begins when the cloud acknowledges numbers that this run has not used: the process was restored from
an older state, and those numbers belong to other reports.

A report stored before the clock was set has no valid time, and the cloud would reject it. It waits,
with all later reports, until the time is known.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from edge_agent.outbox.database import open_database, rename_damaged
from edge_agent.outbox.errors import OutboxDamagedError, OutboxError
from edge_agent.outbox.lock import acquire_lock
from edge_agent.outbox.rewriting import downsample_stored, renumber_rows, shift_times
from edge_agent.outbox.rows import (
    BETWEEN,
    INSERT,
    Rows,
    SignReport,
    decode_rows,
    encode_report,
)
from edge_agent.outbox.streams import ReportStream, StreamStatus, new_stream_id, read_streams
from edge_agent.outbox.unreadable import isolate_unreadable_rows
from edge_agent.wall_clock import EARLIEST_AT
from wire.audience import AudienceReport
from wire.scalars import JournalId, SequenceRange

log = logging.getLogger(__name__)

BUDGET_BYTES: Final = 16 * 1024 * 1024  # five days of half minutes
DOWNSAMPLE_TARGET_RATIO: Final = (
    0.8  # of the budget, so that not every report leads to downsampling
)
DOWNSAMPLE_RETRY_RATIO: Final = (
    1.05  # when downsampling was not enough, retry only after this growth
)
SAVE_NEXT: Final = "UPDATE journal SET id = ?, next_sequence = ?"
SAVE_WITHHELD: Final = "INSERT OR REPLACE INTO withheld VALUES (1, ?)"
RESTORED_FROM_COPY: Final = (
    "the cloud acknowledges numbers that this run has not used: the agent or its disk was "
    "restored from an older copy"
)


class StoredReport(NamedTuple):
    """One stored report: its first and last row number and the bytes of its event."""

    first: int
    last: int
    event: bytes


ReportFactory = Callable[[JournalId, SequenceRange], AudienceReport]


class Outbox:
    """The pending reports of one camera. Used from one thread at a time, by one process.

    `sign` signs the receipt of a report, which is stored and sent with the report.
    """

    def __init__(
        self, path: Path, *, budget_bytes: int = BUDGET_BYTES, sign: SignReport | None = None
    ) -> None:
        self.path = path
        self._sign = sign
        self.downsampled = 0  # reports replaced by longer ones since the start
        self._budget_bytes = budget_bytes
        self._lock = acquire_lock(path)
        try:
            try:
                self._open()
            except OutboxDamagedError as error:
                rename_damaged(path, error)
                self._open()
        except BaseException:
            self._lock.close()
            raise

    def _open(self) -> None:
        rows = Rows(self.path, open_database(self.path), self._sign)
        try:
            isolate_unreadable_rows(rows)
            self._next_row = rows.next_row()
            self._older = read_streams(rows, self._next_row)
            self._bytes = rows.stored_bytes()
            self._undated_from = rows.first_undated()
        except BaseException:
            rows.close()
            raise
        self._rows = rows
        self._older_agents_id = new_stream_id()
        self._stream = ReportStream(new_stream_id(), self._next_row, self._next_row - 1)
        self._downsample_above: float = self._budget_bytes

    def recover(self) -> bool:
        """Start a new file if this one is damaged; returns whether it was.

        Reports in the damaged file do not reach the cloud unless it is repaired by hand.
        """
        try:
            result = self._rows.read("PRAGMA quick_check(1)")[0][0]
        except OutboxDamagedError as error:
            damage = error
        else:
            if result == "ok":
                return False
            damage = OutboxDamagedError(f"outbox {self.path}: {result}")
        self._rows.close()
        rename_damaged(self.path, damage)
        self._open()
        return True

    @property
    def stream_id(self) -> JournalId:
        """The stream of this run, in which the next report is numbered."""
        return self._stream.id

    @property
    def next_sequence(self) -> int:
        """The sequence number of the next report."""
        return self._stream.sequence(self._next_row)

    @property
    def next_row(self) -> int:
        """The row number of the next report, over all streams."""
        return self._next_row

    @property
    def streams(self) -> tuple[ReportStream, ...]:
        """The streams with pending reports, oldest first; that of this run is last."""
        return (*self._older, self._stream)

    def put(self, report_for: ReportFactory, *, withheld: bytes | None = None) -> AudienceReport:
        """Number the report, store it, and return it once it is on the disk.

        `withheld` replaces the stored withheld sums in the same transaction.
        """
        row = self._next_row
        number = self._stream.sequence(row)
        report = report_for(self.stream_id, SequenceRange(first=number, last=number))
        content = encode_report(report, self._sign)
        with self._rows.transaction() as database:
            database.execute(INSERT, (row, row, *content))
            values = self._older_agents_id, row + 1
            if not database.execute(SAVE_NEXT, values).rowcount:
                database.execute("INSERT INTO journal VALUES (?, ?)", values)
            if withheld is not None:
                database.execute(SAVE_WITHHELD, (withheld,))
        self._next_row = row + 1
        self._bytes += len(content.event)
        if self._undated_from is None and report.starts_at < EARLIEST_AT:
            self._undated_from = row
        if self._bytes > self._downsample_above:
            self._try_to_downsample()
        return report

    @property
    def withheld(self) -> bytes:
        """Measured sums that may not be reported yet, as last stored; empty if none."""
        stored = self._rows.read("SELECT content FROM withheld")
        return bytes(stored[0][0]) if stored else b""

    def withhold(self, content: bytes) -> None:
        """Replace the stored sums that may not be reported yet."""
        with self._rows.transaction() as database:
            database.execute(SAVE_WITHHELD, (content,))

    def unacknowledged(
        self, limit: int, *, after: int = 0, stream: ReportStream | None = None
    ) -> list[StoredReport]:
        """The oldest `limit` pending reports after row `after`, of one stream or of all.

        Reports without a valid time, and all later reports, are left out.
        """
        before = self._undated_from or self._next_row
        if stream is not None:
            after = max(after, stream.first - 1)
            before = min(before, self._end(stream))
        rows = self._rows.read(
            "SELECT first, last, sealed FROM report WHERE first > ? AND first < ? "
            "ORDER BY first LIMIT ?",
            after,
            before,
            limit,
        )
        return [StoredReport(*row) for row in rows]

    def acknowledge(self, stream_id: JournalId, through: int) -> int:
        """Delete the reports that the cloud has acknowledged; returns their number.

        The acknowledgement of a stream without pending reports changes nothing. A number beyond
        this run's reports starts another stream, in which its pending reports are renumbered. A
        number beyond an older stream's reports deletes only those that were sent.
        """
        stream = next((one for one in self.streams if one.id == stream_id), None)
        if stream is None:
            log.info("outbox.ack_of_other_stream", extra={"journal": stream_id, "through": through})
            return 0
        last = self._end(stream) - 1
        is_beyond = stream.base + through > last
        if is_beyond and stream is self._stream:
            self._start_stream(through)
            return 0
        with self._rows.transaction() as database:
            deleted = database.execute(
                "DELETE FROM report WHERE first >= ? AND last <= ? AND (sent OR NOT ?)",
                (stream.first, min(stream.base + through, last), is_beyond),
            ).rowcount
        if deleted:
            self._bytes = self._rows.stored_bytes()
            self._older = [
                one for one in self._older if one.ends_lost or self._first(one) is not None
            ]
        return deleted

    def mark_sent(self, first: int, last: int) -> None:
        """Mark rows before they are sent: from now on they are not downsampled."""
        if self._rows.read(f"SELECT 1 {BETWEEN} AND NOT sent LIMIT 1", first, last):
            with self._rows.transaction() as database:
                database.execute(
                    "UPDATE report SET sent = 1 WHERE first BETWEEN ? AND ?", (first, last)
                )

    def correct_times(self, since: int, by: timedelta) -> None:
        """Correct unsent reports from row `since` on: the clock was wrong by `by`."""
        rows = self._rows.read(
            "SELECT first, sealed FROM report WHERE first >= ? AND NOT sent ORDER BY first", since
        )
        self._log_moved(shift_times(self._rows, decode_rows(rows), by), by)

    def date_undated(self, before: datetime) -> None:
        """Move reports that have no valid time so that they end right before an instant."""
        rows = self._rows.read(
            "SELECT first, sealed FROM report WHERE starts_at < ? ORDER BY first",
            EARLIEST_AT.isoformat(),
        )
        undated = list(decode_rows(rows))
        by = before - max((report.ends_at for _, report in undated), default=before)
        self._log_moved(shift_times(self._rows, undated, by), by)

    @property
    def bytes(self) -> int:
        """Bytes of the pending reports, without database overhead."""
        return self._bytes

    @property
    def is_over_budget(self) -> bool:
        """Whether pending reports exceed the disk budget, even after downsampling."""
        return self._bytes > self._budget_bytes

    @property
    def has_undated(self) -> bool:
        """Whether a pending report has no valid time."""
        return self._undated_from is not None

    @property
    def depth(self) -> int:
        """Number of pending reports."""
        return int(self._rows.read("SELECT count(*) FROM report")[0][0])

    @property
    def oldest_at(self) -> datetime | None:
        """Start of the oldest pending report; None when none is pending."""
        rows = self._rows.read("SELECT starts_at FROM report ORDER BY first LIMIT 1")
        return datetime.fromisoformat(rows[0][0]) if rows else None

    @property
    def oldest_sequence(self) -> int:
        """The first pending number of this run's stream; `next_sequence` when none is pending."""
        return self.status(len(self._older)).oldest_sequence

    def status(self, turn: int) -> StreamStatus:
        """State of one stream: the streams with pending reports take turns."""
        stream = self.streams[turn % len(self.streams)]
        end, first = self._end(stream), self._first(stream)
        oldest = end if first is None else first
        return StreamStatus(stream.id, stream.sequence(end), stream.sequence(oldest))

    def close(self) -> None:
        """Close the file; pending reports stay in it."""
        self._rows.close()
        self._lock.close()

    def _end(self, stream: ReportStream) -> int:
        return self._next_row if stream.last is None else stream.last + 1

    def _first(self, stream: ReportStream) -> int | None:
        return self._rows.first_between(stream.first, self._end(stream) - 1)

    def _start_stream(self, through: int) -> None:
        old, waiting = self._stream, self._first(self._stream)
        first = self._next_row if waiting is None else waiting
        new = ReportStream(new_stream_id(), first, first - 1)
        moved = renumber_rows(self._rows, new)
        self._stream = new
        self._bytes = self._rows.stored_bytes()
        fields = {"acknowledged": through, "next": old.sequence(self._next_row), "moved": moved}
        log.warning("outbox.stream_started", extra={"reason": RESTORED_FROM_COPY, **fields})

    def _try_to_downsample(self) -> None:
        """Downsample; the report is stored already, so a failure here is only logged."""
        try:
            self._downsample()
        except OutboxError as error:
            self._downsample_above = self._bytes * DOWNSAMPLE_RETRY_RATIO
            log.warning("outbox.not_downsampled", extra={"reason": str(error)})

    def _downsample(self) -> None:
        """Downsample the oldest reports, as few as needed."""
        before, budget = self._bytes, self._budget_bytes
        target_bytes = int(budget * DOWNSAMPLE_TARGET_RATIO)
        self.downsampled += downsample_stored(
            self._rows, self.streams, stored_bytes=before, target_bytes=target_bytes
        )
        self._bytes = self._rows.stored_bytes()
        self._undated_from = self._rows.first_undated()
        self._downsample_above = max(budget, self._bytes * DOWNSAMPLE_RETRY_RATIO)
        log.warning(
            "outbox.downsampled" if self._bytes <= budget else "outbox.over_budget",
            extra={"bytes_before": before, "bytes": self._bytes, "budget": budget},
        )

    def _log_moved(self, reports: int, by: timedelta) -> None:
        if reports:
            seconds = by.total_seconds()
            log.warning("outbox.times_corrected", extra={"reports": reports, "seconds": seconds})
        self._bytes = self._rows.stored_bytes()
        self._undated_from = self._rows.first_undated()
