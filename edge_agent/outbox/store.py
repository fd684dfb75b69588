"""Reports on disk until the cloud says that it has them. Nothing else ever deletes one.

Over its budget of bytes the outbox merges reports that were never sent into longer ones; it does
not drop them, and should even hours be too many it grows and says so.

`put` returns when the report is on the disk and not before (WAL, synchronous FULL: a power cut
loses nothing that was put). Sequence numbers count on over restarts and deletions. A database
that cannot be read is set aside, never deleted, and a new journal begins: a camera that nobody
visits must not stop for it.

A report made before the clock was set bears no honest time, and the cloud would set it aside for
that. It waits, with all that follow it, until somebody knows the time.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec import structs

from edge_agent.civil import EARLIEST_AT
from edge_agent.outbox.database import locked, opened, set_aside, trouble
from edge_agent.outbox.merging import LENGTHS, groups, merged
from wire.audience import AudienceReport
from wire.envelope import AudienceEvent, audience_event, seal, unseal
from wire.scalars import JournalId, SequenceRange

log = logging.getLogger(__name__)

THESE: Final = "FROM report WHERE first BETWEEN ? AND ?"
INSERT: Final = "INSERT INTO report VALUES (?, ?, ?, ?, 0)"
BUDGET_BYTES: Final = 16 * 1024 * 1024  # five days of half minutes
AFTER_MERGING: Final = 0.8  # of the budget, so that not every report leads to merging
MERGE_AGAIN: Final = 1.05  # when merging was not enough, only after so much more
READ_AT_ONCE: Final = 500
UNDATED: Final = "SELECT min(first) FROM report WHERE starts_at < ?"


class Sealed(NamedTuple):
    """One stored report: its first and last sequence number and the bytes of its event."""

    first: int
    last: int
    event: bytes


ReportFor = Callable[[JournalId, SequenceRange], AudienceReport]


class Outbox:
    """The reports of one camera. Used from one thread at a time, by one process."""

    def __init__(self, path: Path, *, budget_bytes: int = BUDGET_BYTES) -> None:
        self.path = path
        self._budget_bytes = budget_bytes
        self._lock = locked(path)
        try:
            self._database = opened(path)
        except sqlite3.DatabaseError as error:
            set_aside(path, error)
            self._database = opened(path)
        journal, sequence = self._database.execute(
            "SELECT id, next_sequence FROM journal"
        ).fetchone()
        self.journal = JournalId(journal)
        self._next_sequence: int = sequence
        self._bytes = self._stored_bytes()
        self._merge_above: float = budget_bytes
        self._undated_from = self._first_undated()
        self.merges = 0  # reports that became part of a longer one, since the start

    @property
    def next_sequence(self) -> int:
        """The number that the next report will carry."""
        return self._next_sequence

    def put(self, report_for: ReportFor) -> AudienceReport:
        """Number the report, store it, and return it once it is safe on the disk."""
        sequence = SequenceRange(first=self._next_sequence, last=self._next_sequence)
        report = report_for(self.journal, sequence)
        row = _row(report)
        with self._transaction() as database:
            database.execute(INSERT, row)
            database.execute("UPDATE journal SET next_sequence = ?", (sequence.last + 1,))
        self._next_sequence = sequence.last + 1
        self._bytes += len(row[3])
        if self._undated_from is None and report.starts_at < EARLIEST_AT:
            self._undated_from = sequence.first
        if self._bytes > self._merge_above:
            self._merge()
        return report

    def unacknowledged(self, limit: int, *, after: int = 0) -> list[Sealed]:
        """The oldest `limit` stored reports beyond `after` that bear a time, or follow one."""
        rows = self._read(
            "SELECT first, last, sealed FROM report WHERE first > ? AND first < ? "
            "ORDER BY first LIMIT ?",
            after,
            self._undated_from or self._next_sequence,
            limit,
        )
        return [Sealed(*row) for row in rows]

    def acknowledge(self, journal: JournalId, through: int) -> int:
        """Forget what the cloud has; how many. The word about another journal changes nothing."""
        if journal != self.journal or through >= self._next_sequence:
            log.warning("outbox.strange_ack", extra={"journal": journal, "through": through})
            return 0
        with self._transaction() as database:
            gone = database.execute("DELETE FROM report WHERE last <= ?", (through,)).rowcount
        if gone:
            self._bytes = self._stored_bytes()
        return gone

    def mark_sent(self, first: int, last: int) -> None:
        """Remember, before they leave, that these numbers may be counted: none is merged now."""
        if self._read("SELECT 1 FROM report WHERE first BETWEEN ? AND ? AND NOT sent", first, last):
            with self._transaction() as database:
                database.execute(
                    "UPDATE report SET sent = 1 WHERE first BETWEEN ? AND ?", (first, last)
                )

    def correct(self, since: int, by: timedelta) -> None:
        """The clock was wrong by `by` from number `since` on: what was not sent says the truth."""
        rows = self._read(
            "SELECT sealed FROM report WHERE first >= ? AND NOT sent ORDER BY first", since
        )
        self._restamp(_reports(rows), by)

    def date_undated(self, before: datetime) -> None:
        """Place what never had a time, as it follows one another, right before an instant."""
        rows = self._read(
            "SELECT sealed FROM report WHERE starts_at < ? ORDER BY first", EARLIEST_AT.isoformat()
        )
        lost = list(_reports(rows))
        by = before - max((report.ends_at for report in lost), default=before)
        self._restamp(lost, by)

    @property
    def bytes(self) -> int:
        """What the waiting reports take, without the database around them."""
        return self._bytes

    @property
    def over_budget(self) -> bool:
        """More waits than the disk's budget allows, however much was merged."""
        return self._bytes > self._budget_bytes

    @property
    def undated(self) -> bool:
        """Something waits for the clock to be set."""
        return self._undated_from is not None

    @property
    def depth(self) -> int:
        """Reports that wait for an acknowledgement."""
        return int(self._read("SELECT count(*) FROM report")[0][0])

    @property
    def oldest_sequence(self) -> int:
        """The first number that still waits; `next_sequence` when none does."""
        return int(self._read("SELECT min(first) FROM report")[0][0] or self._next_sequence)

    @property
    def oldest_at(self) -> datetime | None:
        """Start of the oldest waiting report."""
        rows = self._read("SELECT starts_at FROM report ORDER BY first LIMIT 1")
        return datetime.fromisoformat(rows[0][0]) if rows else None

    def close(self) -> None:
        """Let go of the file; what waits stays."""
        self._database.close()
        self._lock.close()

    def _merge(self) -> None:
        """Make the oldest reports longer, no more of them and no longer than it takes."""
        before, wanted = self._bytes, self._budget_bytes * AFTER_MERGING
        with self._transaction() as database:
            for run in self._runs():
                self._replace(database, merged(run))
                self.merges += len(run)
                if self._bytes <= wanted:
                    break
        self._bytes = self._stored_bytes()
        self._undated_from = self._first_undated()
        self._merge_above = max(self._budget_bytes, self._bytes * MERGE_AGAIN)
        log.warning(
            "outbox.merged" if self._bytes <= self._budget_bytes else "outbox.over_budget",
            extra={"bytes_before": before, "bytes": self._bytes, "budget": self._budget_bytes},
        )

    def _runs(self) -> Iterator[list[AudienceReport]]:
        for length in LENGTHS:
            yield from groups(self._unsent(), length)

    def _unsent(self) -> Iterator[AudienceReport]:
        after = 0
        while rows := self._read(
            "SELECT first, sealed FROM report WHERE first > ? AND NOT sent ORDER BY first LIMIT ?",
            after,
            READ_AT_ONCE,
        ):
            after = rows[-1][0]
            yield from _reports(row[1:] for row in rows)

    def _replace(self, database: sqlite3.Connection, report: AudienceReport) -> None:
        numbers = report.sequence.first, report.sequence.last
        size = self._read(f"SELECT sum(length(sealed)) {THESE}", *numbers)[0][0]
        row = _row(report)
        database.execute(f"DELETE {THESE}", numbers)
        database.execute(INSERT, row)
        self._bytes += len(row[3]) - size

    def _restamp(self, reports: Iterable[AudienceReport], by: timedelta) -> None:
        moved = 0
        with self._transaction() as database:
            for moved, report in enumerate(reports, 1):  # noqa: B007  counted
                span = report.starts_at + by, report.ends_at + by
                row = _row(structs.replace(report, starts_at=span[0], ends_at=span[1]))
                database.execute(
                    "UPDATE report SET starts_at = ?, sealed = ? WHERE first = ?",
                    (row[2], row[3], row[0]),
                )
        if moved:
            log.warning("outbox.restamped", extra={"reports": moved, "seconds": by.total_seconds()})
        self._bytes = self._stored_bytes()
        self._undated_from = self._first_undated()

    def _first_undated(self) -> int | None:
        first: int | None = self._read(UNDATED, EARLIEST_AT.isoformat())[0][0]
        return first

    def _stored_bytes(self) -> int:
        return int(self._read("SELECT coalesce(sum(length(sealed)), 0) FROM report")[0][0])

    def _read(self, query: str, *values: int | str) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database as database:
                yield database
        except sqlite3.Error as error:
            raise trouble(self.path, error) from error


def _reports(rows: Iterable[tuple[Any, ...]]) -> Iterator[AudienceReport]:
    for (sealed,) in rows:
        yield from (event.data for event in unseal(sealed) if isinstance(event, AudienceEvent))


def _row(report: AudienceReport) -> tuple[int, int, str, bytes]:
    sequence = report.sequence
    event = seal(audience_event(report))
    return sequence.first, sequence.last, report.starts_at.isoformat(), event
