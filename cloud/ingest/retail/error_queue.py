"""List, count and close entries of the error queue of price points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, select

from cloud.auth import audit
from cloud.database.retail import retail_error_counts, retail_errors
from cloud.ingest.retail.error_store import ErrorState
from cloud.retail_wire import PriceErrorReason

LISTED: Final = tuple(
    column for column in retail_errors.columns if column.name not in ("digest", "payload")
)


class UnknownEntryError(LookupError):
    """An entry that was never stored, or was deleted by age."""


class SettledEntryError(ValueError):
    """An entry that is repaired, replayed or closed already."""


@dataclass(frozen=True, slots=True)
class ErrorSearch:
    """Filter of entries; None admits every value."""

    source: str | None = None
    reason: PriceErrorReason | None = None
    state: ErrorState | None = ErrorState.OPEN

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions of the values that are given."""
        columns = retail_errors.c
        given = {"source": self.source, "reason": self.reason, "state": self.state}
        return [columns[name] == str(one) for name, one in given.items() if one is not None]


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """Entries of one source and reason: open, ever stored, and beyond the limit."""

    source: str
    reason: str
    open: int
    stored: int
    left_out: int
    last_at: datetime


def find_errors(
    connection: Connection, search: ErrorSearch, *, before: int | None = None, most: int
) -> Sequence[Row[Any]]:
    """The matching entries without their payloads, the newest first; `before` is a number."""
    wanted = select(*LISTED).where(*search.conditions())
    if before is not None:
        wanted = wanted.where(retail_errors.c.id < before)
    return connection.execute(wanted.order_by(retail_errors.c.id.desc()).limit(most)).all()


def count_errors(connection: Connection, source: str | None = None) -> list[ErrorCount]:
    """The entries by source and reason."""
    counts, rows = retail_error_counts.c, retail_errors.c
    is_open = select(rows.source, rows.reason, func.count().label("open")).where(
        rows.state == ErrorState.OPEN
    )
    opened = is_open.group_by(rows.source, rows.reason).subquery()
    query = (
        select(
            counts.source, counts.reason, func.coalesce(opened.c.open, 0), counts.stored,
            counts.left_out, counts.last_at,
        )
        .outerjoin(
            opened, (opened.c.source == counts.source) & (opened.c.reason == counts.reason)
        )
        .order_by(counts.source, counts.reason)
    )  # fmt: skip
    if source is not None:
        query = query.where(counts.source == source)
    return [ErrorCount(*row) for row in connection.execute(query)]


def list_open(connection: Connection, search: ErrorSearch) -> list[int]:
    """The numbers of the open entries that match, oldest first."""
    rows = select(retail_errors.c.id).where(
        *search.conditions(), retail_errors.c.state == ErrorState.OPEN
    )
    return list(connection.execute(rows.order_by(retail_errors.c.id)).scalars())


def read_error(connection: Connection, number: int, *, lock: bool = False) -> Row[Any]:
    """One entry with its payload; raises UnknownEntryError."""
    wanted = select(retail_errors).where(retail_errors.c.id == number)
    found = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise UnknownEntryError(
            f"the error queue has no entry {number}: `retail errors list` lists those there are"
        )
    return found


def close_error(
    connection: Connection, number: int, *, note: str, actor: str, now: datetime
) -> None:
    """Close an entry that will not be committed. Raises UnknownEntryError, SettledEntryError."""
    found = read_open(connection, number)
    settle(connection, found, ErrorState.CLOSED, actor=actor, now=now, note=note)
    record_action(connection, "retail_error.close", found, actor, now, note=note)


def read_open(connection: Connection, number: int) -> Row[Any]:
    """An open entry, locked; raises UnknownEntryError or SettledEntryError."""
    found = read_error(connection, number, lock=True)
    if found.state != ErrorState.OPEN:
        raise SettledEntryError(
            f"entry {number} was {found.state} by {found.decided_by} on {found.decided_at:%Y-%m-%d}"
        )
    return found


def settle(
    connection: Connection,
    found: Row[Any],
    state: ErrorState,
    *,
    actor: str,
    now: datetime,
    note: str | None = None,
    repaired: str | None = None,
) -> None:
    """Write what became of an entry."""
    connection.execute(
        retail_errors.update()
        .where(retail_errors.c.id == found.id)
        .values(
            state=state, decided_by=actor[:120], decided_at=now, note=note, repaired=repaired
        )
    )  # fmt: skip


def record_action(
    connection: Connection, action: str, found: Row[Any], actor: str, now: datetime, **more: Any
) -> None:
    """Record what was done with an entry in the audit log."""
    details = {"digest": found.digest, "source": found.source, "reason": found.reason, **more}
    audit.record_change(
        connection, at=now, actor=actor[:120], action=action, about=str(found.id), details=details
    )
