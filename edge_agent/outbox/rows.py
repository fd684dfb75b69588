"""Rows of the outbox's tables: queries, transactions, and conversion of errors."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from edge_agent.outbox.errors import outbox_error_from_sqlite
from edge_agent.wall_clock import EARLIEST_AT
from wire.audience import AudienceReport
from wire.envelope import AudienceEvent, audience_event, decode_events, encode_event
from wire.sqlite_errors import SqliteCause, cause_of

BETWEEN: Final = "FROM report WHERE first BETWEEN ? AND ?"
INSERT: Final = "INSERT INTO report VALUES (?, ?, ?, ?, 0)"
ROWS_PER_READ: Final = 500
LARGEST_NUMBER: Final = 2**53 - 1  # of a row, and of a sequence number on the wire
SignReport = Callable[[AudienceReport], str | None]
"""Signs the receipt of a report; None where none can be signed."""
UNDATED: Final = "SELECT min(first) FROM report WHERE starts_at < ?"


class RowContent(NamedTuple):
    """Start and event of a report, as stored in its row."""

    starts_at: str
    event: bytes


class Rows:
    """One open database. Raises OutboxError for every error of SQLite."""

    def __init__(
        self, path: Path, database: sqlite3.Connection, sign: SignReport | None = None
    ) -> None:
        self.path = path
        self.database = database
        self.sign = sign

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def read(self, query: str, *values: int | str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        try:
            return self.database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise outbox_error_from_sqlite(self.path, error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction, rolled back on any error; OutboxError when SQLite fails."""
        database = self.database
        try:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            if cause_of(error) is SqliteCause.DISK_FULL:
                self._shrink_log()
            raise outbox_error_from_sqlite(self.path, error) from error

    def _shrink_log(self) -> None:
        """Truncate the write-ahead log: it may be what fills the disk."""
        with suppress(sqlite3.Error):
            self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def next_row(self) -> int:
        """The number of the next report over all streams."""
        stored = self.read(
            "SELECT next_sequence FROM journal WHERE next_sequence <= ?", LARGEST_NUMBER
        )
        last = self.read("SELECT coalesce(max(last), 0) FROM report")[0][0]
        return max(int(last) + 1, *(int(row[0]) for row in stored), 1)

    def stored_bytes(self) -> int:
        """Bytes of all stored events."""
        return int(self.read("SELECT coalesce(sum(length(sealed)), 0) FROM report")[0][0])

    def first_undated(self) -> int | None:
        """The first report that was stored before the clock was set."""
        first: int | None = self.read(UNDATED, EARLIEST_AT.isoformat())[0][0]
        return first

    def first_between(self, first: int, last: int) -> int | None:
        """The first row in a range; None when there is none."""
        found: int | None = self.read(f"SELECT min(first) {BETWEEN}", first, last)[0][0]
        return found

    def last_between(self, first: int, last: int) -> int:
        """The last row number that a range of rows covers."""
        return int(self.read(f"SELECT max(last) {BETWEEN}", first, last)[0][0])

    def unsent(self) -> Iterator[AudienceReport]:
        """Reports that were never sent, in order."""
        after = 0
        while rows := self.read(
            "SELECT first, sealed FROM report WHERE first > ? AND NOT sent ORDER BY first LIMIT ?",
            after,
            ROWS_PER_READ,
        ):
            after = rows[-1][0]
            yield from (report for _, report in decode_rows(rows))


def decode_rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, AudienceReport]]:
    """Decode rows: each report with the number of its row."""
    for row, sealed in rows:
        for event in decode_events(sealed):
            if isinstance(event, AudienceEvent):
                yield row, event.data


def encode_report(report: AudienceReport, sign: SignReport | None = None) -> RowContent:
    """The stored form of a report, with its receipt where one is signed."""
    receipt = sign(report) if sign else None
    return RowContent(report.starts_at.isoformat(), encode_event(audience_event(report, receipt)))
