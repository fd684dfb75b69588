"""Compare tables with the audit log: a row that bypassed the program differs from its last entry.

A change and its entry are one transaction. A row that was altered, removed or inserted without the
program differs from the last entry about it. A value that an entry of an older version does not
record is not compared.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, Table, select

from cloud.auth.audit import AuditEntry, read_entries
from cloud.auth.keys import api_keys, fingerprint

Details = dict[str, Any]


class Comparison(Protocol):
    """One table against the entries about it."""

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Read an entry; entries come in their order, the oldest first."""

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each row that differs from the log."""


def compare_with_log(
    connection: Connection, now: datetime, comparisons: Iterable[Comparison]
) -> list[str]:
    """A sentence for each difference between the tables and the log."""
    every = list(comparisons)
    for entry in read_entries(connection):
        details = msgspec.json.decode(entry.details, type=Details)
        for one in every:
            one.add_entry(entry, details)
    return [sentence for one in every for sentence in one.findings(connection, now)]


class KeyComparison:
    """`api_keys`: as they were created, and when they were revoked."""

    def __init__(self) -> None:
        self._created: dict[str, tuple[AuditEntry, Details]] = {}
        self._revoked: dict[str, datetime] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == "key.create":
            self._created[entry.object] = entry, details
        elif entry.action == "key.revoke":
            self._revoked[entry.object] = entry.at

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, api_keys)}
        for name in sorted(rows.keys() | self._created.keys()):
            what = f"api_keys: key {name}"
            logged, row = self._created.get(name), rows.get(name)
            if logged is None:
                yield f"{what} has no entry that it was created"
                continue
            entry, details = logged
            wanted: Details = {"role": details["role"], "owner": details["owner"]}
            if "account" in details:
                wanted["account"] = details["account"]
            yield from describe_differences(
                what, entry, row, created_at=entry.at, revoked_at=self._revoked.get(name),
                expires_at=parse_instant(details["expires_at"]), **wanted,
            )  # fmt: skip
            held = details.get("fingerprint")
            if row is not None and held not in (None, fingerprint(row["digest"])):
                yield f"{what} is not the one of entry {entry.number}: it has a different secret"


def read_rows(connection: Connection, table: Table) -> Iterator[Any]:
    """Every row of a table, as a mapping."""
    yield from connection.execute(select(table)).mappings()


def describe_differences(what: str, entry: AuditEntry, row: Any, **wanted: Any) -> Iterator[str]:
    """A sentence for each column whose value is not the wanted one, or for a missing row."""
    if row is None:
        yield f"{what} of entry {entry.number} is missing"
        return
    for name, value in wanted.items():
        if row[name] != value:
            yield f"{what}: {name} is {row[name]}, and entry {entry.number} records {value}"


def parse_instant(written: str | None) -> datetime | None:
    """The instant that an entry records, if any."""
    return None if written is None else datetime.fromisoformat(written)
