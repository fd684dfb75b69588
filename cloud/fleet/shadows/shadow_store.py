"""Shadows in the database. A version is never used twice within two days of a deletion."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select

from cloud.database import insert
from cloud.fleet.outbox import OutgoingMessage
from cloud.fleet.shadows.shadow import Shadow, ShadowChange, ShadowError, ShadowUpdate, apply_update
from cloud.fleet.tables import device_table, shadows

CLASSIC: Final = ""
VERSION_KEPT_FOR: Final = timedelta(hours=48)

_encode: Final[Callable[[Any], bytes]] = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class ShadowName:
    """A device and the name of one of its shadows."""

    device: str
    name: str = CLASSIC


def read_shadow(connection: Connection, whose: ShadowName, *, at: datetime) -> Shadow | None:
    """The current shadow; None when there is none."""
    row = _row(connection, whose)
    return None if row is None or row.deleted_at is not None else _shadow(row)


def get_shadow(connection: Connection, whose: ShadowName, *, at: datetime) -> Shadow:
    """The shadow, or ShadowError."""
    if (found := read_shadow(connection, whose, at=at)) is None:
        named = f"'{whose.device}~{whose.name}'" if whose.name else f"'{whose.device}'"
        raise ShadowError(404, f"No shadow exists with name: {named}")
    return found


def update_shadow(
    connection: Connection, whose: ShadowName, request: ShadowUpdate, *, at: datetime
) -> ShadowChange:
    """Merge a request into a shadow; creates a missing one."""
    if not _device_exists(connection, whose.device):
        raise ShadowError(404, f"Thing not found: '{whose.device[:63]}'")
    changed = apply_update(_previous(connection, whose, at), request, at=int(at.timestamp()))
    _write(connection, whose, changed.shadow, at=at, deleted_at=None)
    return changed


def change_messages(update_topic: str, change: ShadowChange) -> list[OutgoingMessage]:
    """The messages to the subscribers of a shadow: a delta, if there is one, and documents."""
    delta = [OutgoingMessage(f"{update_topic}/delta", change.delta)] if change.delta else []
    return [*delta, OutgoingMessage(f"{update_topic}/documents", change.documents)]


def delete_shadow(connection: Connection, whose: ShadowName, *, at: datetime) -> int:
    """Delete a shadow and return its version, which continues if it is created again soon."""
    found = get_shadow(connection, whose, at=at)
    _write(connection, whose, Shadow(version=found.version), at=at, deleted_at=at)
    return found.version


def _previous(connection: Connection, whose: ShadowName, at: datetime) -> Shadow:
    row = _row(connection, whose)
    if row is None:
        return Shadow()
    if row.deleted_at is not None and at - row.deleted_at >= VERSION_KEPT_FOR:
        return Shadow()
    return _shadow(row)


def _row(connection: Connection, whose: ShadowName) -> Row[Any] | None:
    wanted = (shadows.c.device == whose.device) & (shadows.c.name == whose.name)
    return connection.execute(select(shadows).where(wanted)).one_or_none()


def _shadow(row: Row[Any]) -> Shadow:
    decode = msgspec.json.decode
    return Shadow(decode(row.state), decode(row.metadata), row.version)


def _device_exists(connection: Connection, device: str) -> bool:
    wanted = (device_table.c.name == device) & device_table.c.retired_at.is_(None)
    return connection.execute(select(device_table.c.name).where(wanted)).first() is not None


def _write(
    connection: Connection,
    whose: ShadowName,
    shadow: Shadow,
    *,
    at: datetime,
    deleted_at: datetime | None,
) -> None:
    values = {
        "version": shadow.version,
        "state": _encode(shadow.state).decode(),
        "metadata": _encode(shadow.metadata).decode(),
        "differs": bool(shadow.delta),
        "updated_at": at,
        "deleted_at": deleted_at,
    }
    statement = insert(connection.dialect.name, shadows).values(
        device=whose.device, name=whose.name, **values
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["device", "name"], set_=values)
    )
