"""The audit log: who changed what, when; each entry holds the digest of the one before it.

Hard truths. A chain shows that an entry was altered, removed or slipped in between; it cannot show
that the newest ones were cut off. For that, `checkpoints.py` keeps signed heads apart from the
database. An entry is written in the transaction of the change itself: both happen, or neither.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Connection, Index, Integer, String, Table, Text, insert, select

from cloud import database

FIRST_DIGEST: Final = "0" * 64
"""What the first entry holds in place of a digest."""
ADVISORY_LOCK: Final = 7_305_812
"""Of PostgreSQL's advisory lock: any number, as long as it is ours. SQLite has one writer."""


class AuditError(ValueError):
    """A log that is not as it was written."""


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
        """The digest that these very words have."""
        words = (self.number, self.at, self.actor, self.action, self.object, self.details)
        return hashlib.sha256(self.previous.encode() + msgspec.json.encode(words)).hexdigest()


@dataclass(frozen=True, slots=True)
class NewAuditEntry:
    """A change that is about to be written down."""

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
    """Write an entry, in the transaction of the change that it is about; its number.

    From here to its end no other transaction writes an entry: the chain has one newest at a time.
    """
    return record_changes(connection, [NewAuditEntry(at, actor, action, about, details)])


def record_changes(connection: Connection, new: Sequence[NewAuditEntry]) -> int:
    """Write entries in their order, as `record` does one; the number of the last.

    A change of ten thousand cameras reads the newest entry once.
    """
    lock_log(connection)
    newest = select(audit_log).order_by(audit_log.c.number.desc()).limit(1)
    last = connection.execute(newest).mappings().one_or_none()
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
    """Let no other transaction write an entry until this one ends."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")


@dataclass(frozen=True, slots=True)
class AuditEntryRef:
    """An entry in short: enough to know it again."""

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


def read_latest_details(connection: Connection, action: str) -> dict[str, Any] | None:
    """The details of the newest entry of an action."""
    newest = (
        select(audit_log.c.details)
        .where(audit_log.c.action == action)
        .order_by(audit_log.c.number.desc())
        .limit(1)
    )
    found = connection.execute(newest).scalar_one_or_none()
    return None if found is None else msgspec.json.decode(found, type=dict[str, Any])


def verify_chain(connection: Connection, *, head: str | None = None) -> AuditEntry | None:
    """Follow the chain and give back its last entry, or raise AuditError where it breaks.

    With `head`, a digest kept elsewhere, an entry with that digest has to be there.
    """
    previous, last, met = FIRST_DIGEST, None, head in (None, FIRST_DIGEST)
    for number, entry in enumerate(read_entries(connection), 1):
        if (entry.number, entry.previous) != (number, previous):
            raise AuditError(f"entry {number} is missing: what follows is entry {entry.number}")
        if entry.digest != entry.expected_digest():
            raise AuditError(f"entry {number} has been altered: its digest is that of other words")
        previous, last = entry.digest, entry
        met = met or entry.digest == head
    if not met:
        raise AuditError(f"no entry has the digest {head}: entries have been cut off or replaced")
    return last
