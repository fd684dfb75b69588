"""The audit log: who changed what, when; each entry holds the digest of the one before it.

The chain reveals an entry that was altered, removed or inserted; it does not reveal that the newest
entries were cut off. For that, `checkpoints.py` stores signed checkpoints outside the database. An
entry is written in the transaction of the change: both happen, or neither.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
)

from cloud import database

FIRST_DIGEST: Final = "0" * 64
"""The `previous` of the first entry."""
ADVISORY_LOCK: Final = 7_305_814
"""Key of PostgreSQL's advisory lock; arbitrary, and of no other lock. SQLite has one writer."""


class AuditError(ValueError):
    """A log that was changed after it was written."""


audit_log = Table(
    "audit_log",
    database.metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3, ... without gaps
    Column("at", database.Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("object", String(120), nullable=False),
    Column("details", Text, nullable=False),  # JSON with sorted keys
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index("ix_audit_log_object", "object", "number"),
)


_NEWEST: Final = select(audit_log).order_by(audit_log.c.number.desc()).limit(1)
_LATEST_DETAILS: Final = (
    select(audit_log.c.details)
    .where(audit_log.c.action.in_(bindparam("actions", expanding=True)))
    .order_by(audit_log.c.number.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change."""

    number: int
    at: datetime
    actor: str
    action: str
    object: str
    details: str
    previous: str
    digest: str

    def expected_digest(self) -> str:
        """The digest that the values of the entry have."""
        words = (self.number, self.at, self.actor, self.action, self.object, self.details)
        return hashlib.sha256(self.previous.encode() + msgspec.json.encode(words)).hexdigest()


@dataclass(frozen=True, slots=True)
class NewAuditEntry:
    """A change to record."""

    at: datetime
    actor: str
    action: str
    about: str
    details: Mapping[str, Any]


def record_change(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    about: str,
    details: Mapping[str, Any],
) -> int:
    """Write an entry in the transaction of its change; returns its number.

    Until this transaction ends no other one writes an entry, so that the chain does not fork.
    """
    return record_changes(connection, [NewAuditEntry(at, actor, action, about, details)])


def record_changes(connection: Connection, new: Sequence[NewAuditEntry]) -> int:
    """Write entries in their order, as `record_change` does; returns the number of the last.

    The newest entry is read once, also for ten thousand changes.
    """
    lock_log(connection)
    last = connection.execute(_NEWEST).mappings().one_or_none()
    number, previous = (last["number"], last["digest"]) if last else (0, FIRST_DIGEST)
    rows = []
    for one in new:
        number += 1
        entry = _entry(number, one, previous)
        previous = entry.expected_digest()
        row = {name: getattr(entry, name) for name in AuditEntry.__slots__}
        rows.append({**row, "digest": previous})
    if rows:
        connection.execute(insert(audit_log), rows)
    return number


def _entry(number: int, new: NewAuditEntry, previous: str) -> AuditEntry:
    return AuditEntry(
        number=number,
        at=new.at.astimezone(UTC),
        actor=new.actor,
        action=new.action,
        object=new.about,
        details=msgspec.json.encode(dict(new.details), order="sorted").decode(),
        previous=previous,
        digest="",
    )


def lock_log(connection: Connection) -> None:
    """Block other transactions from writing entries until this one ends."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")


@dataclass(frozen=True, slots=True)
class AuditEntryRef:
    """The number, action and digest of an entry."""

    number: int
    action: str
    digest: str


def read_newest_ref(
    connection: Connection, actions: Collection[str] | None = None
) -> AuditEntryRef | None:
    """The newest entry, of any of the actions where they are given; None without one."""
    columns = audit_log.c
    wanted = select(columns.number, columns.action, columns.digest)
    if actions is not None:
        wanted = wanted.where(columns.action.in_(sorted(actions)))
    found = connection.execute(wanted.order_by(columns.number.desc()).limit(1)).first()
    return None if found is None else AuditEntryRef(*found)


def read_refs_from(connection: Connection, number: int) -> Sequence[AuditEntryRef]:
    """The entries from a number on, that one included, oldest first."""
    columns = audit_log.c
    wanted = select(columns.number, columns.action, columns.digest).where(columns.number >= number)
    return [AuditEntryRef(*row) for row in connection.execute(wanted.order_by(columns.number))]


def read_entries(connection: Connection) -> Iterator[AuditEntry]:
    """Every entry, oldest first, as it is stored."""
    for row in connection.execute(select(audit_log).order_by(audit_log.c.number)).mappings():
        yield AuditEntry(**row)


def read_latest_details(connection: Connection, *actions: str) -> dict[str, Any] | None:
    """The details of the newest entry of any of the actions."""
    found = connection.execute(_LATEST_DETAILS, {"actions": sorted(actions)}).scalar_one_or_none()
    return None if found is None else msgspec.json.decode(found, type=dict[str, Any])


def verify_chain(connection: Connection, *, head: str | None = None) -> AuditEntry | None:
    """Verify the chain and return its last entry, or raise AuditError where it breaks.

    With `head`, a digest stored elsewhere, an entry must have that digest.
    """
    previous, last, is_found = FIRST_DIGEST, None, head in (None, FIRST_DIGEST)
    for number, entry in enumerate(read_entries(connection), 1):
        if (entry.number, entry.previous) != (number, previous):
            raise AuditError(f"entry {number} is missing: what follows is entry {entry.number}")
        if entry.digest != entry.expected_digest():
            raise AuditError(f"entry {number} has been altered: its digest is that of other values")
        previous, last = entry.digest, entry
        is_found = is_found or entry.digest == head
    if not is_found:
        raise AuditError(f"no entry has the digest {head}: entries have been cut off or replaced")
    return last
