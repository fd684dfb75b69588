"""What the audit chain keeps of a changed row: the state after the change, as plain JSON values.

`audit verify` compares these states with the tables. They are read in the transaction of the
change, once no other transaction can write an entry.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, select

from cloud.auth import audit
from cloud.fleet.history import FleetEvent
from cloud.fleet.tables import allow_list_table, device_groups, device_table

State = dict[str, Any]
ROWS_PER_QUERY: Final = 500
DEVICE, ALLOW_LIST, GROUP, MEMBERS = "thing", "roster", "group", "members"
"""Keys of the states in entries. Stored entries are hashed, so the keys keep their first names."""
NOT_COMPARED: Final = {"created_at"}


def row_state(row: Any, table: Table) -> State:
    """A row of the devices or of the allow-list, as stored in an entry."""
    return {
        column.name: _plain(row[column.name])
        for column in table.columns
        if column.name not in NOT_COMPARED
    }


def members_digest(members: Iterable[str]) -> str:
    """The digest of a group's members, as stored in an entry."""
    return hashlib.sha256("\n".join(sorted(members)).encode()).hexdigest()


def with_device_states(connection: Connection, notes: Sequence[FleetEvent]) -> list[FleetEvent]:
    """Events about devices, each with the device's state."""
    return _with_rows(connection, notes, DEVICE, device_table, device_table.c.name)


def with_allow_list_states(connection: Connection, notes: Sequence[FleetEvent]) -> list[FleetEvent]:
    """Events about the allow-list, each with the state of its row."""
    return _with_rows(connection, notes, ALLOW_LIST, allow_list_table, allow_list_table.c.device)


def with_group_state(connection: Connection, note: FleetEvent, group: str) -> FleetEvent:
    """An event about a group, with a digest of its members."""
    audit.lock_log(connection)
    wanted = select(device_groups.c.device).where(device_groups.c.name == group)
    members = members_digest(connection.execute(wanted).scalars())
    return replace(note, state={GROUP: group, MEMBERS: members})


def _with_rows(
    connection: Connection, notes: Sequence[FleetEvent], kind: str, table: Table, key: Column[Any]
) -> list[FleetEvent]:
    audit.lock_log(connection)
    found: dict[str, State] = {}
    for start in range(0, len(notes), ROWS_PER_QUERY):
        names = [one.device for one in notes[start : start + ROWS_PER_QUERY]]
        for row in connection.execute(select(table).where(key.in_(names))).mappings():
            found[row[key.name]] = row_state(row, table)
    return [
        replace(one, state={kind: found[one.device]}) if one.device in found else one
        for one in notes
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
