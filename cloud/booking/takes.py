"""The state of what each line has taken: held until a moment, confirmed, or no longer taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Insert, Select, or_, select, update
from sqlalchemy.sql.dml import ReturningInsert

from cloud import database
from cloud.booking.slots import DeliveryType
from cloud.database.bookings import booking_takes


class TakeState(StrEnum):
    """Whether a line has its positions, and why not."""

    HELD = "held"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    RELEASED = "released"
    DISPLACED = "displaced"  # by a line with a higher priority


TAKEN: Final = (TakeState.HELD, TakeState.CONFIRMED)


class NotHeldError(Exception):
    """A line that holds no positions now: its hold has expired or it was released."""


@dataclass(frozen=True, slots=True)
class Take:
    """What is known of a line besides its positions."""

    line_id: str
    account: str | None
    delivery: DeliveryType
    state: TakeState
    until_at: datetime | None
    taken_at: datetime


def insert_take(connection: Connection, take: Take) -> bool:
    """Store the take of a new line; returns False for a line that has one."""
    insert, _ = _inserts(connection.dialect.name)
    return connection.execute(insert, _to_row(take)).first() is not None


def store_take(connection: Connection, take: Take) -> None:
    """Store the take of a line in place of an earlier one."""
    _, replace = _inserts(connection.dialect.name)
    connection.execute(replace, _to_row(take))


def read_takes(connection: Connection, line_ids: Sequence[str]) -> dict[str, Take]:
    """The takes of the lines that have one."""
    wanted = select(booking_takes).where(booking_takes.c.line_id.in_(line_ids))
    return {row["line_id"]: _take(row) for row in connection.execute(wanted).mappings()}


def end_take(connection: Connection, line_id: str, state: TakeState) -> None:
    """Set the state of a line that has no positions left: it is not swept any more."""
    changed = update(booking_takes).where(booking_takes.c.line_id == line_id)
    connection.execute(changed.values(state=state.value, until_at=None))


def mark_expired(connection: Connection, line_id: str) -> None:
    """Set the state of a line that still has positions for the sweep to give back."""
    changed = update(booking_takes).where(booking_takes.c.line_id == line_id)
    connection.execute(changed.values(state=TakeState.EXPIRED.value))


def change_held(
    connection: Connection, line_id: str, now: datetime, *, state: TakeState, until: datetime | None
) -> None:
    """Confirm a hold or change its end; the condition is checked in the same statement.

    Raises NotHeldError.
    """
    columns = booking_takes.c
    changed = connection.execute(
        update(booking_takes)
        .where(
            columns.line_id == line_id,
            columns.state.in_([one.value for one in TAKEN]),
            or_(columns.until_at.is_(None), columns.until_at > now),
        )
        .values(state=state.value, until_at=until)
    )
    if changed.rowcount != 1:
        raise NotHeldError(
            f"line {line_id} holds no positions: its hold has expired or was released; "
            "reserve again"
        )


def select_expired(connection: Connection, line_ids: Iterable[str], now: datetime) -> list[str]:
    """Those of the lines whose hold has expired, in order."""
    return list(connection.execute(_expired(line_ids, now)).scalars())


def lock_expired(connection: Connection, line_ids: Iterable[str], now: datetime) -> list[str]:
    """The same, locked until the transaction ends."""
    return list(connection.execute(_expired(line_ids, now).with_for_update()).scalars())


def _expired(line_ids: Iterable[str], now: datetime) -> Select[str]:
    columns = booking_takes.c
    wanted = select(columns.line_id).where(columns.line_id.in_(tuple(line_ids)))
    return wanted.where(columns.until_at <= now).order_by(columns.line_id)


@cache
def _inserts(dialect: str) -> tuple[ReturningInsert[str], Insert]:
    """The statements that keep an earlier take, and that replace it; built once."""
    insert = database.insert(dialect, booking_takes)
    change = {name: insert.excluded[name] for name in Take.__slots__ if name != "line_id"}
    replace = insert.on_conflict_do_update(index_elements=["line_id"], set_=change)
    return insert.on_conflict_do_nothing().returning(booking_takes.c.line_id), replace


def _to_row(take: Take) -> dict[str, Any]:
    row = {name: getattr(take, name) for name in Take.__slots__}
    return row | {"delivery": take.delivery.value, "state": take.state.value}


def _take(row: Any) -> Take:
    values = {name: row[name] for name in Take.__slots__}
    delivery, state = DeliveryType(row["delivery"]), TakeState(row["state"])
    return Take(**{**values, "delivery": delivery, "state": state})
