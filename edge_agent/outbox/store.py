"""Reports on disk until the cloud says that it has them. Nothing else ever deletes one.

`put` returns when the report is on the disk and not before (WAL, synchronous FULL: a power cut
loses nothing that was put). Sequence numbers count on over restarts and deletions. A database
that cannot be read is set aside, never deleted, and a new journal begins: a camera that nobody
visits must not stop for it.
"""

import fcntl
import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from wire.audience import AudienceReport
from wire.envelope import audience_event, seal
from wire.scalars import JournalId, SequenceRange

log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    id TEXT NOT NULL,
    next_sequence INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS report (
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    starts_at TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
"""


class OutboxError(RuntimeError):
    """The outbox cannot be used: which file, why, what to do."""


class Sealed(NamedTuple):
    """One stored report: its last sequence number and the bytes of its event."""

    last: int
    event: bytes


ReportFor = Callable[[JournalId, SequenceRange], AudienceReport]


class Outbox:
    """The reports of one camera. Used from one thread, by one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = _locked(path)
        try:
            self._database = _opened(path)
        except sqlite3.DatabaseError as error:
            _set_aside(path, error)
            self._database = _opened(path)
        journal, sequence = self._database.execute(
            "SELECT id, next_sequence FROM journal"
        ).fetchone()
        self.journal = JournalId(journal)
        self._next_sequence: int = sequence

    @property
    def next_sequence(self) -> int:
        """The number that the next report will carry."""
        return self._next_sequence

    def put(self, report_for: ReportFor) -> AudienceReport:
        """Number the report, store it, and return it once it is safe on the disk."""
        sequence = SequenceRange(first=self._next_sequence, last=self._next_sequence)
        report = report_for(self.journal, sequence)
        row = (sequence.first, sequence.last, report.starts_at.isoformat())
        with self._transaction() as database:
            database.execute(
                "INSERT INTO report VALUES (?, ?, ?, ?)", (*row, seal(audience_event(report)))
            )
            database.execute("UPDATE journal SET next_sequence = ?", (sequence.last + 1,))
        self._next_sequence = sequence.last + 1
        return report

    def unacknowledged(self, limit: int, *, after: int = 0) -> list[Sealed]:
        """The oldest `limit` stored reports whose numbers lie beyond `after`."""
        rows = self._read(
            "SELECT last, sealed FROM report WHERE first > ? ORDER BY first LIMIT ?", after, limit
        )
        return [Sealed(*row) for row in rows]

    def acknowledge(self, journal: JournalId, through: int) -> int:
        """Forget what the cloud has; how many. The word about another journal changes nothing."""
        if journal != self.journal or through >= self._next_sequence:
            log.warning("outbox.strange_ack", extra={"journal": journal, "through": through})
            return 0
        with self._transaction() as database:
            return database.execute("DELETE FROM report WHERE last <= ?", (through,)).rowcount

    @property
    def depth(self) -> int:
        """Reports that wait for an acknowledgement."""
        return int(self._read("SELECT count(*) FROM report")[0][0])

    @property
    def oldest_at(self) -> datetime | None:
        """Start of the oldest waiting report."""
        rows = self._read("SELECT starts_at FROM report ORDER BY first LIMIT 1")
        return datetime.fromisoformat(rows[0][0]) if rows else None

    def close(self) -> None:
        """Let go of the file; what waits stays."""
        self._database.close()
        self._lock.close()

    def _read(self, query: str, *values: int) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _trouble(self.path, error) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database as database:
                yield database
        except sqlite3.Error as error:
            raise _trouble(self.path, error) from error


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        with database:
            database.executescript(SCHEMA)
            _begin_journal(database)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _begin_journal(database: sqlite3.Connection) -> None:
    journals, reports = database.execute(
        "SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM report)"
    ).fetchone()
    if journals == 0 and reports == 0:
        database.execute("INSERT INTO journal VALUES (?, 1)", (secrets.token_hex(8),))
    elif journals != 1:
        raise sqlite3.DatabaseError(f"{journals} journals for {reports} reports")


def _locked(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("wb")
    except OSError as error:
        raise OutboxError(
            f"outbox {path} cannot be written: {error}; give --outbox a path on a writable disk"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise OutboxError(
            f"outbox {path} is in use by another agent; stop it, or give --outbox another path"
        ) from error
    return lock


def _set_aside(path: Path, error: sqlite3.Error) -> None:
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    for suffix in ("", "-wal", "-shm"):
        damaged = path.with_name(path.name + suffix)
        if damaged.exists():
            damaged.rename(path.with_name(f"{path.name}.damaged-{stamp}{suffix}"))
    log.error(
        "outbox.set_aside",
        extra={"path": str(path), "reason": str(error), "kept_as": f"{path.name}.damaged-{stamp}"},
    )


def _trouble(path: Path, error: sqlite3.Error) -> OutboxError:
    return OutboxError(f"outbox {path}: {error}; check the disk's space and health")
