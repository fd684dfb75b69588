"""Find, count and discard stored dead letters, for the command line and the API.

`before` names the last dead letter of the page before, so letters that arrive meanwhile do not
shift the pages. Discarding deletes the row and is entered in the audit log: the message is not
counted any more, and a device that still holds it sends it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, cast, func, select

from cloud.auth import audit
from cloud.database import dead_letters

MOST_DEVICES: Final = 50
LISTED_COLUMNS: Final = tuple(
    column for column in dead_letters.columns if column.name not in ("payload", "digest")
)


class UnknownDeadLetter(LookupError):  # noqa: N818 - reads as what happened
    """A dead letter that was never stored, or is deleted."""


@dataclass(frozen=True, slots=True)
class DeadLetterSearch:
    """Filter of dead letters; a field that is None admits every value."""

    kind: str | None = None
    location: str | None = None
    device: str | None = None
    is_replayed: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions of the fields that are given."""
        columns = dead_letters.c
        given = {"kind": self.kind, "location": self.location, "device": self.device}
        found = [columns[name] == value for name, value in given.items() if value is not None]
        if self.is_replayed is not None:
            at = columns.replayed_at
            found.append(at.is_not(None) if self.is_replayed else at.is_(None))
        return found


@dataclass(frozen=True, slots=True)
class KindCount:
    """Stored dead letters of one kind, and how often they arrived."""

    kind: str
    dead_letters: int
    messages: int
    last_received_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceCount:
    """Stored dead letters of one device; both names are None where the topic names no device."""

    location: str | None
    device: str | None
    dead_letters: int
    messages: int
    last_received_at: datetime


def find_dead_letters(
    connection: Connection, search: DeadLetterSearch, *, before: int | None = None, most: int
) -> list[Row[Any]]:
    """The matching dead letters without their payloads, the newest first."""
    wanted = select(*LISTED_COLUMNS).where(*search.conditions())
    if before is not None:
        wanted = wanted.where(dead_letters.c.id < before)
    return list(connection.execute(wanted.order_by(dead_letters.c.id.desc()).limit(most)))


def count_by_kind(connection: Connection, search: DeadLetterSearch) -> list[KindCount]:
    """The matching dead letters of each kind, the most first."""
    return [KindCount(*row) for row in _count(connection, search, dead_letters.c.kind)]


def count_by_device(
    connection: Connection, search: DeadLetterSearch, *, most: int = MOST_DEVICES
) -> list[DeviceCount]:
    """The devices with the most matching dead letters."""
    columns = dead_letters.c
    rows = _count(connection, search, columns.location, columns.device, most=most)
    return [DeviceCount(*row) for row in rows]


def read_dead_letter(connection: Connection, number: int) -> Row[Any]:
    """One dead letter with its stored payload, or UnknownDeadLetter."""
    wanted = select(dead_letters).where(dead_letters.c.id == number)
    found = connection.execute(wanted).one_or_none()
    if found is None:
        raise UnknownDeadLetter(
            f"no dead letter {number}: it was discarded, or deleted by age; "
            "`dead-letters list` and GET /api/dead-letters list those there are"
        )
    return found


def discard_dead_letter(
    connection: Connection, number: int, *, reason: str, actor: str, now: datetime
) -> None:
    """Delete one dead letter and record who did it; UnknownDeadLetter when there is none."""
    found = read_dead_letter(connection, number)
    connection.execute(dead_letters.delete().where(dead_letters.c.id == number))
    record_action(connection, "dead_letter.discard", found, actor, now, reason=reason)


def discard_of_device(connection: Connection, device: str, *, actor: str, now: datetime) -> int:
    """Delete the dead letters of a device and record who did it; returns how many."""
    which = dead_letters.c.device == device
    deleted = connection.execute(dead_letters.delete().where(which)).rowcount
    if deleted:
        audit.record_change(
            connection, at=now, actor=actor[:120], action="dead_letter.discard_all",
            about=device[:120], details={"dead_letters": deleted},
        )  # fmt: skip
    return deleted


def record_action(
    connection: Connection, action: str, found: Row[Any], actor: str, now: datetime, **more: str
) -> None:
    """Record what was done with a dead letter, with the digest that identifies the message."""
    details = {
        "kind": found.kind, "device": found.device, "digest": found.digest, **more,
    }  # fmt: skip
    audit.record_change(
        connection, at=now, actor=actor[:120], action=action, about=str(found.id), details=details
    )


def _count(
    connection: Connection,
    search: DeadLetterSearch,
    *by: ColumnElement[Any],
    most: int | None = None,
) -> Sequence[Any]:
    number, times = func.count(), cast(func.sum(dead_letters.c.times), BigInteger)
    newest = func.max(dead_letters.c.last_received_at)
    wanted = select(*by, number, times, newest).where(*search.conditions()).group_by(*by)
    return connection.execute(wanted.order_by(number.desc(), *by).limit(most)).all()
