"""Compare the fleet's tables with the audit log: devices, allow-list, groups.

Shadows and jobs are not compared: cameras change them too. A row whose newest entry is of an older
version, which recorded no state, is not compared.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, select

from cloud.auth.audit import AuditEntry
from cloud.fleet import audit_states
from cloud.fleet.audit_states import State
from cloud.fleet.history import PREFIX
from cloud.fleet.tables import allow_list_table, device_groups, device_table, fleet_audit


class _Rows:
    """One row for each key: the state that the newest entry about it left.

    `device` is the column that entries name, whether they recorded a state or not.
    """

    def __init__(self, kind: str, table: Table, key: Column[Any], device: Column[Any]) -> None:
        self._kind, self._table = kind, table
        self._key, self._device = key.name, device.name
        self._left: dict[str, tuple[AuditEntry, State]] = {}
        self._named: set[str] = set()

    def add_entry(self, entry: AuditEntry, details: dict[str, Any]) -> None:
        """Take in an entry, oldest first."""
        if entry.action.startswith(PREFIX):
            self._named.add(entry.object)
            if self._kind in details:
                state = details[self._kind]
                self._left[state[self._key]] = entry, state

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each row that differs from the log."""
        rows = {
            row[self._key]: audit_states.row_state(row, self._table)
            for row in connection.execute(select(self._table)).mappings()
        }
        older = set(connection.execute(select(fleet_audit.c.device)).scalars())
        for name in sorted(rows.keys() | self._left.keys()):
            what = f"{self._table.name}: {name}"
            entry, wanted = self._left.get(name, (None, {}))
            if entry is None:
                if rows[name][self._device] not in self._named | older:
                    yield f"{what} has no entry"
            elif name not in rows:
                yield f"{what} of entry {entry.number} is missing"
            else:
                for column, value in wanted.items():
                    found = rows[name].get(column)
                    if found != value:
                        recorded = f"entry {entry.number} records {value}"
                        yield f"{what}: {column} is {found}, and {recorded}"


class Devices(_Rows):
    """`devices`: where each hangs, its certificate, whether it is retired."""

    def __init__(self) -> None:
        super().__init__(
            audit_states.DEVICE, device_table, key=device_table.c.name, device=device_table.c.name
        )


class AllowListRows(_Rows):
    """The allow-list: which camera may enrol with which claim and serial number."""

    def __init__(self) -> None:
        super().__init__(
            audit_states.ALLOW_LIST,
            allow_list_table,
            key=allow_list_table.c.serial,
            device=allow_list_table.c.device,
        )


class Groups:
    """`device_groups`: the members that the newest entry about a group left."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[AuditEntry, str]] = {}
        self._has_older: Final[set[str]] = set()

    def add_entry(self, entry: AuditEntry, details: dict[str, Any]) -> None:
        """Take in an entry, oldest first."""
        if audit_states.GROUP in details:
            self._left[details[audit_states.GROUP]] = entry, details[audit_states.MEMBERS]
        elif entry.action in (f"{PREFIX}group.joined", f"{PREFIX}group.left"):
            self._has_older.add(details["detail"].partition(":")[0])

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each group that differs from the log."""
        members: dict[str, list[str]] = {}
        for row in connection.execute(select(device_groups)):
            members.setdefault(row.name, []).append(row.device)
        older = connection.execute(
            select(fleet_audit.c.detail).where(fleet_audit.c.event == "group.joined")
        )
        known = self._has_older | {one.partition(":")[0] for one in older.scalars()}
        for name in sorted(members.keys() | self._left.keys()):
            entry, digest = self._left.get(name, (None, ""))
            if entry is None:
                if name not in known:
                    yield f"device_groups: group {name} has no entry"
            elif audit_states.members_digest(members.get(name, ())) != digest:
                yield f"device_groups: group {name} has not the members of entry {entry.number}"
