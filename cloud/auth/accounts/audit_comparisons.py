"""Compare accounts and brands with the audit log."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from cloud.auth.accounts import account_store, brand_store
from cloud.auth.accounts.account_store import accounts
from cloud.auth.accounts.brand_store import brands
from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows


class AccountComparison:
    """`accounts`: as they were created or changed last, and when they were closed."""

    def __init__(self) -> None:
        self._created: dict[str, datetime] = {}
        self._logged: dict[str, tuple[AuditEntry, Details]] = {}
        self._closed: dict[str, datetime] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == account_store.CREATE:
            self._created[entry.object] = entry.at
            self._logged[entry.object] = entry, details
        elif entry.action == account_store.CHANGE:
            self._logged[entry.object] = entry, details
        elif entry.action == account_store.CLOSE:
            self._closed[entry.object] = entry.at

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, accounts)}
        for name in sorted(rows.keys() | self._created.keys()):
            what = f"accounts: account {name}"
            if name not in self._created:
                yield f"{what} has no entry that it was created"
                continue
            entry, details = self._logged[name]
            wanted = {**details, "address": _encode(details["address"])}
            yield from describe_differences(
                what, entry, rows.get(name), created_at=self._created[name],
                closed_at=self._closed.get(name), **wanted,
            )  # fmt: skip


class BrandComparison:
    """`brands`: as they were created; they are not changed."""

    def __init__(self) -> None:
        self._created: dict[str, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == brand_store.CREATE:
            self._created[entry.object] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, brands)}
        for name in sorted(rows.keys() | self._created.keys()):
            what = f"brands: brand {name}"
            if name not in self._created:
                yield f"{what} has no entry that it was created"
                continue
            entry, details = self._created[name]
            wanted = {**details, "categories": _encode(details["categories"])}
            yield from describe_differences(
                what, entry, rows.get(name), created_at=entry.at, **wanted
            )


def _encode(words: list[str]) -> str:
    return msgspec.json.encode(words).decode()
