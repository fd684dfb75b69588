"""Reports on disk until the cloud says that it has them. Nothing else ever deletes one.

Over its budget of bytes the outbox merges reports that were never sent into longer ones; it does
not drop them, and should even hours be too many it grows and says so.

`put` returns when the report is on the disk and not before (WAL, synchronous FULL: a power cut
loses nothing that was put). A damaged database is renamed, never deleted, and another begins: a
camera that nobody visits must not stop for it. Every other trouble is an OutboxError that changes
nothing; the same call may succeed later.

Each run of the agent numbers its reports in a stream of its own (`streams.py`), and begins another
when the cloud acknowledges numbers that this run has never given: then the process goes on from an
older state, and those numbers belong to other reports.

A report made before the clock was set bears no honest time, and the cloud would refuse it for
that. It waits, with all that follow it, until somebody knows the time.
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
from edge_agent.outbox.rows import BETWEEN, INSERT, Rows, decode_rows, encode_report
from edge_agent.outbox.streams import ReportStream, StreamStatus, new_stream_id, read_streams
from edge_agent.outbox.unreadable import isolate_unreadable_rows
from edge_agent.wall_clock import EARLIEST_AT
from wire.audience import AudienceReport
from wire.scalars import JournalId, SequenceRange

log = logging.getLogger(__name__)

BUDGET_BYTES: Final = 16 * 1024 * 1024  # five days of half minutes
DOWNSAMPLE_TARGET_RATIO: Final = 0.8  # of the budget, so that not every report leads to merging
DOWNSAMPLE_RETRY_RATIO: Final = 1.05  # when merging was not enough, only after so much more
SAVE_NEXT: Final = "UPDATE journal SET id = ?, next_sequence = ?"
SAVE_WITHHELD: Final = "INSERT OR REPLACE INTO withheld VALUES (1, ?)"
RESTORED_FROM_COPY: Final = (
    "the cloud acknowledges numbers that this run has not given: the agent or its disk was "
    "restored from an older copy"
)


class StoredReport(NamedTuple):
    """One stored report: its first and last row number and the bytes of its event."""

    first: int
    last: int
    event: bytes


ReportFactory = Callable[[JournalId, SequenceRange], AudienceReport]


class Outbox:
    """The reports of one camera. Used from one thread at a time, by one process."""

    def __init__(self, path: Path, *, budget_bytes: int = BUDGET_BYTES) -> None:
        self.path = path
        self.downsampled = 0  # reports that became part of a longer one, since the start
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
        rows = Rows(self.path, open_database(self.path))
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
        self._for_older_agents = new_stream_id()
        self._stream = ReportStream(new_stream_id(), self._next_row, self._next_row - 1)
        self._merge_above: float = self._budget_bytes

    def recover(self) -> bool:
        """Begin another file if this one is damaged; whether it was. OutboxError if not possible.

        What the damaged file holds does not reach the cloud unless somebody repairs it.
        """
        try:
            verdict = self._rows.read("PRAGMA quick_check(1)")[0][0]
        except OutboxDamagedError as error:
            damage = error
        else:
            if verdict == "ok":
                return False
            damage = OutboxDamagedError(f"outbox {self.path}: {verdict}")
        self._rows.close()
        rename_damaged(self.path, damage)
        self._open()
        return True

    @property
    def journal(self) -> JournalId:
        """The stream in which the next report will be numbered."""
        return self._stream.id

    @property
    def next_sequence(self) -> int:
        """The number that the next report will carry."""
        return self._stream.sequence(self._next_row)

    @property
    def next_row(self) -> int:
        """The number of the next report over all streams."""
        return self._next_row

    @property
    def streams(self) -> tuple[ReportStream, ...]:
        """The streams of which reports may wait, the running one last."""
        return (*self._older, self._stream)

    def put(self, report_for: ReportFactory, *, withheld: bytes | None = None) -> AudienceReport:
        """Number the report, store it, and return it once it is safe on the disk.

        `withheld` replaces what `withheld` returns after a restart, in the same transaction.
        """
        row = self._next_row
        number = self._stream.sequence(row)
        report = report_for(self.journal, SequenceRange(first=number, last=number))
        content = encode_report(report)
        with self._rows.transaction() as database:
            database.execute(INSERT, (row, row, *content))
            values = self._for_older_agents, row + 1
            if not database.execute(SAVE_NEXT, values).rowcount:
                database.execute("INSERT INTO journal VALUES (?, ?)", values)
            if withheld is not None:
                database.execute(SAVE_WITHHELD, (withheld,))
        self._next_row = row + 1
        self._bytes += len(content.event)
        if self._undated_from is None and report.starts_at < EARLIEST_AT:
            self._undated_from = row
        if self._bytes > self._merge_above:
            self._merge_if_possible()
        return report

    @property
    def withheld(self) -> bytes:
        """What was measured and may not be sent yet, as it was last stored; empty if nothing."""
        stored = self._rows.read("SELECT content FROM withheld")
        return bytes(stored[0][0]) if stored else b""

    def withhold(self, content: bytes) -> None:
        """Store what may not be sent yet, in place of what was stored."""
        with self._rows.transaction() as database:
            database.execute(SAVE_WITHHELD, (content,))

    def unacknowledged(
        self, limit: int, *, after: int = 0, stream: ReportStream | None = None
    ) -> list[StoredReport]:
        """The oldest `limit` stored reports beyond row `after`, of one stream or of all.

        Reports without an honest time, and what follows them, are left out.
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

    def acknowledge(self, journal: JournalId, through: int) -> int:
        """Forget what the cloud has; how many reports that were.

        The word about a stream of which nothing waits changes nothing. A number beyond the running
        stream's reports begins another stream, in which all that wait are numbered anew. A number
        beyond an older stream's reports settles only those that were sent.
        """
        stream = next((one for one in self.streams if one.id == journal), None)
        if stream is None:
            log.info("outbox.ack_of_other_stream", extra={"journal": journal, "through": through})
            return 0
        last = self._end(stream) - 1
        is_beyond = stream.base + through > last
        if is_beyond and stream is self._stream:
            self._begin_stream(through)
            return 0
        with self._rows.transaction() as database:
            gone = database.execute(
                "DELETE FROM report WHERE first >= ? AND last <= ? AND (sent OR NOT ?)",
                (stream.first, min(stream.base + through, last), is_beyond),
            ).rowcount
        if gone:
            self._bytes = self._rows.stored_bytes()
            self._older = [
                one for one in self._older if one.ends_lost or self._first(one) is not None
            ]
        return gone

    def mark_sent(self, first: int, last: int) -> None:
        """Remember, before they leave, that these rows may be counted: none is merged now."""
        if self._rows.read(f"SELECT 1 {BETWEEN} AND NOT sent LIMIT 1", first, last):
            with self._rows.transaction() as database:
                database.execute(
                    "UPDATE report SET sent = 1 WHERE first BETWEEN ? AND ?", (first, last)
                )

    def correct_times(self, since: int, by: timedelta) -> None:
        """The clock was wrong by `by` from row `since` on: what was not sent says the truth."""
        rows = self._rows.read(
            "SELECT first, sealed FROM report WHERE first >= ? AND NOT sent ORDER BY first", since
        )
        self._moved(shift_times(self._rows, decode_rows(rows), by), by)

    def date_undated(self, before: datetime) -> None:
        """Place what never had a time, as it follows one another, right before an instant."""
        rows = self._rows.read(
            "SELECT first, sealed FROM report WHERE starts_at < ? ORDER BY first",
            EARLIEST_AT.isoformat(),
        )
        lost = list(decode_rows(rows))
        by = before - max((report.ends_at for _, report in lost), default=before)
        self._moved(shift_times(self._rows, lost, by), by)

    @property
    def bytes(self) -> int:
        """What the waiting reports take, without the database around them."""
        return self._bytes

    @property
    def is_over_budget(self) -> bool:
        """More waits than the disk's budget allows, however much was merged."""
        return self._bytes > self._budget_bytes

    @property
    def has_undated(self) -> bool:
        """Something waits for the clock to be set."""
        return self._undated_from is not None

    @property
    def depth(self) -> int:
        """Reports that wait for an acknowledgement."""
        return int(self._rows.read("SELECT count(*) FROM report")[0][0])

    @property
    def oldest_at(self) -> datetime | None:
        """Start of the oldest waiting report."""
        rows = self._rows.read("SELECT starts_at FROM report ORDER BY first LIMIT 1")
        return datetime.fromisoformat(rows[0][0]) if rows else None

    @property
    def oldest_sequence(self) -> int:
        """The first number of the running stream that waits; `next_sequence` when none does."""
        return self.status(len(self._older)).oldest_sequence

    def status(self, turn: int) -> StreamStatus:
        """One of the streams of which reports wait, another at each turn; else the running one."""
        stream = self.streams[turn % len(self.streams)]
        end, first = self._end(stream), self._first(stream)
        oldest = end if first is None else first
        return StreamStatus(stream.id, stream.sequence(end), stream.sequence(oldest))

    def close(self) -> None:
        """Let go of the file; what waits stays."""
        self._rows.close()
        self._lock.close()

    def _end(self, stream: ReportStream) -> int:
        return self._next_row if stream.last is None else stream.last + 1

    def _first(self, stream: ReportStream) -> int | None:
        return self._rows.first_between(stream.first, self._end(stream) - 1)

    def _begin_stream(self, through: int) -> None:
        old, waiting = self._stream, self._first(self._stream)
        first = self._next_row if waiting is None else waiting
        new = ReportStream(new_stream_id(), first, first - 1)
        moved = renumber_rows(self._rows, new)
        self._stream = new
        self._bytes = self._rows.stored_bytes()
        fields = {"acknowledged": through, "next": old.sequence(self._next_row), "moved": moved}
        log.warning("outbox.stream_begun", extra={"reason": RESTORED_FROM_COPY, **fields})

    def _merge_if_possible(self) -> None:
        """The report is stored already: a failure here is no failure to store it."""
        try:
            self._merge()
        except OutboxError as error:
            self._merge_above = self._bytes * DOWNSAMPLE_RETRY_RATIO
            log.warning("outbox.not_merged", extra={"reason": str(error)})

    def _merge(self) -> None:
        """Make the oldest reports longer, no more of them and no longer than it takes."""
        before, budget = self._bytes, self._budget_bytes
        wanted = int(budget * DOWNSAMPLE_TARGET_RATIO)
        self.downsampled += downsample_stored(self._rows, self.streams, left=before, wanted=wanted)
        self._bytes = self._rows.stored_bytes()
        self._undated_from = self._rows.first_undated()
        self._merge_above = max(budget, self._bytes * DOWNSAMPLE_RETRY_RATIO)
        log.warning(
            "outbox.merged" if self._bytes <= budget else "outbox.over_budget",
            extra={"bytes_before": before, "bytes": self._bytes, "budget": budget},
        )

    def _moved(self, reports: int, by: timedelta) -> None:
        if reports:
            seconds = by.total_seconds()
            log.warning("outbox.restamped", extra={"reports": reports, "seconds": seconds})
        self._bytes = self._rows.stored_bytes()
        self._undated_from = self._rows.first_undated()
