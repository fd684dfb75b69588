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
from cloud.fleet.changes import Note
from cloud.fleet.tables import roster, thing_groups, things

State = dict[str, Any]
AT_ONCE: Final = 500
THING, ROSTER, GROUP, MEMBERS = "thing", "roster", "group", "members"
UNCOMPARED: Final = {"created_at"}


def of_row(row: Any, table: Table) -> State:
    """A row of `things` or `roster` as an entry holds it."""
    return {
        column.name: _plain(row[column.name])
        for column in table.columns
        if column.name not in UNCOMPARED
    }


def of_members(members: Iterable[str]) -> str:
    """The members of a group as an entry holds them."""
    return hashlib.sha256("\n".join(sorted(members)).encode()).hexdigest()


def with_things(connection: Connection, notes: Sequence[Note]) -> list[Note]:
    """Notes about things, each with the thing's state."""
    return _with_rows(connection, notes, THING, things, things.c.name)


def with_roster(connection: Connection, notes: Sequence[Note]) -> list[Note]:
    """Notes about devices of the roster, each with the state of its line."""
    return _with_rows(connection, notes, ROSTER, roster, roster.c.device)


def with_group(connection: Connection, note: Note, group: str) -> Note:
    """A note about a group, with its members."""
    audit.alone(connection)
    wanted = select(thing_groups.c.thing).where(thing_groups.c.name == group)
    members = of_members(connection.execute(wanted).scalars())
    return replace(note, state={GROUP: group, MEMBERS: members})


def _with_rows(
    connection: Connection, notes: Sequence[Note], kind: str, table: Table, key: Column[Any]
) -> list[Note]:
    audit.alone(connection)
    found: dict[str, State] = {}
    for start in range(0, len(notes), AT_ONCE):
        names = [one.thing for one in notes[start : start + AT_ONCE]]
        for row in connection.execute(select(table).where(key.in_(names))).mappings():
            found[row[key.name]] = of_row(row, table)
    return [
        replace(one, state={kind: found[one.thing]}) if one.thing in found else one for one in notes
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
