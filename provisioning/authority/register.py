"""The register of all issued and revoked certificates.

A SQLite file, written to disk before a certificate is handed out: every certificate is in the
register, even after a power failure. Serial numbers are hexadecimal.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from provisioning.authority.profiles import CertificateKind

LOCK_TIMEOUT_S: Final = 10.0
BACKDATED_BY: Final = timedelta(seconds=60)
EPOCH: Final = "1970-01-01T00:00:00+00:00"
SCHEMA: Final = """
create table if not exists certificates (
  serial text primary key, kind text not null, name text not null, location text,
  starts_at text not null, ends_at text not null, revoked_at text, reason text,
  certificate text not null
) strict;
create index if not exists certificates_by_name on certificates (name);
create table if not exists revocation_lists (number integer primary key, at text not null) strict;
"""


SQLITE_ERRORS: Final = {
    sqlite3.SQLITE_BUSY: "another program is writing to it: try again",
    sqlite3.SQLITE_LOCKED: "another program is writing to it: try again",
    sqlite3.SQLITE_FULL: "the disk is full: free some space, then try again",
    sqlite3.SQLITE_READONLY: "it cannot be written: check its owner, mode and file system",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check its owner, mode and file system",
    sqlite3.SQLITE_IOERR: "the disk reports an error: check the disk, then try again",
    sqlite3.SQLITE_CORRUPT: "it is damaged: restore it from a backup",
    sqlite3.SQLITE_NOTADB: "it is not a register: restore it from a backup",
}


class RegisterError(LookupError):
    """A certificate that the register does not hold, or a register that cannot be opened."""


class CertificateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One signed certificate."""

    serial: str
    kind: CertificateKind
    name: str
    location: str | None
    starts_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None
    reason: str | None = None
    certificate: str

    def is_valid(self, at: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and at < self.ends_at


class CertificateRegister:
    """Opens the file for each operation, so that a command and a service may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self) -> None:
        """Create the file, readable by its owner only."""
        os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600))
        with self._explained(), closing(sqlite3.connect(self._path)) as connection:
            connection.executescript(SCHEMA)

    def add(self, entry: CertificateRecord) -> None:
        """Store a certificate before it is handed out."""
        row = msgspec.to_builtins(entry)
        with self._writing() as connection:
            connection.execute(
                "insert into certificates values (:serial, :kind, :name, :location, :starts_at,"
                " :ends_at, :revoked_at, :reason, :certificate)",
                row,
            )

    def revoke(self, serial: str, *, reason: str, at: datetime) -> CertificateRecord:
        """Revoke a certificate; a second revocation changes nothing."""
        with self._writing() as connection:
            connection.execute(
                "update certificates set revoked_at = ?, reason = ?"
                " where serial = ? and revoked_at is null",
                (at.isoformat(), reason, serial),
            )
            row = connection.execute(
                "select * from certificates where serial = ?", (serial,)
            ).fetchone()
        if row is None:
            raise RegisterError(f"no certificate {serial[:60]} in {self._path}: see `ca list`")
        return _entry(row)

    def entries(self, *, name: str | None = None) -> list[CertificateRecord]:
        """All certificates, or those of one name, oldest first."""
        with self._open() as connection:
            rows = connection.execute(
                "select * from certificates where ?1 is null or name = ?1 order by rowid", (name,)
            ).fetchall()
        return [_entry(row) for row in rows]

    @contextmanager
    def next_list(self, at: datetime) -> Iterator[tuple[int, datetime]]:
        """Number and date of the next revocation list; other writers are locked out until it ends.

        No two lists have the same second, and none has a date in the future: lists are backdated,
        so that several can be written within a second.
        """
        with self._writing() as connection:
            last = connection.execute(
                "select number, at from revocation_lists order by number desc limit 1"
            ).fetchone() or (0, EPOCH)
            after = datetime.fromisoformat(last[1]) + timedelta(seconds=1)
            number, dated_at = last[0] + 1, max(after, at - BACKDATED_BY)
            yield number, dated_at
            connection.execute(
                "insert into revocation_lists values (?, ?)", (number, dated_at.isoformat())
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            raise RegisterError(f"{self._path} is missing: is this an authority's folder?")
        with (
            self._explained(),
            closing(
                sqlite3.connect(self._path, timeout=LOCK_TIMEOUT_S, isolation_level=None)
            ) as connection,
        ):
            connection.row_factory = sqlite3.Row
            connection.execute("pragma synchronous = full")
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an error of SQLite into one sentence; its transaction is rolled back."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            why = SQLITE_ERRORS.get(error.sqlite_errorcode & 0xFF, str(error))
            raise RegisterError(f"{self._path}: {why}; nothing was changed") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
                connection.execute("commit")
            except BaseException:
                if connection.in_transaction:  # SQLite rolls back after some errors itself
                    connection.execute("rollback")
                raise


def _entry(row: Mapping[str, Any]) -> CertificateRecord:
    return msgspec.convert({key: row[key] for key in row.keys()}, CertificateRecord)  # noqa: SIM118 - a Row


def to_utc_seconds(instant: datetime) -> datetime:
    """The same instant in UTC, truncated to the second, as in a certificate."""
    return instant.astimezone(UTC).replace(microsecond=0)
