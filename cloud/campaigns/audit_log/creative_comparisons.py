"""Compare creatives and their tests with the audit log."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, parse_instant, read_rows
from cloud.auth.keys import fingerprint
from cloud.campaigns import creatives, tables
from cloud.campaigns.creative_tests import store as test_store
from cloud.campaigns.creatives import CreativeStatus

Logged = tuple[AuditEntry, Details]


class CreativeComparison:
    """`creatives`: as they were created, and how they were decided last."""

    def __init__(self) -> None:
        self._created: dict[str, Logged] = {}
        self._decided: dict[str, Logged] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == creatives.CREATE:
            self._created[entry.object] = entry, details
        elif entry.action in (creatives.APPROVE, creatives.REJECT):
            self._decided[entry.object] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, tables.creatives)}
        for name in sorted(rows.keys() | self._created.keys()):
            what = f"creatives: creative {name}"
            if name not in self._created:
                yield f"{what} has no entry that it was created"
                continue
            entry, details = self._created[name]
            yield from describe_differences(
                what, entry, rows.get(name), created_at=entry.at, account=details["account"],
                name=details["name"], sha256=details["sha256"],
            )  # fmt: skip
            if name in rows:
                yield from self._compare_decision(what, entry, rows[name])

    def _compare_decision(self, what: str, created: AuditEntry, row: Any) -> Iterator[str]:
        status, at, reason, entry = CreativeStatus.PENDING, None, None, created
        if row["id"] in self._decided:
            entry, details = self._decided[row["id"]]
            is_approved = entry.action == creatives.APPROVE
            status = CreativeStatus.APPROVED if is_approved else CreativeStatus.REJECTED
            at, reason = entry.at, details["reason"]
        yield from describe_differences(
            what, entry, row, status=status.value, decided_at=at, reason=reason
        )


class CreativeTestComparison:
    """`creative_tests`: as they were created, and when they were stopped."""

    def __init__(self) -> None:
        self._created: dict[str, Logged] = {}
        self._stopped: dict[str, datetime] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == test_store.CREATE:
            self._created[entry.object] = entry, details
        elif entry.action == test_store.STOP:
            self._stopped[entry.object] = entry.at

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, tables.creative_tests)}
        for name in sorted(rows.keys() | self._created.keys()):
            what = f"creative_tests: test {name}"
            if name not in self._created:
                yield f"{what} has no entry that it was created"
                continue
            entry, details = self._created[name]
            wanted = {"account": details["account"], "creatives": _encode(details["creatives"]),
                      "locations": _encode(details["locations"])}  # fmt: skip
            if "alpha_ppm" in details:  # not in entries of older versions
                wanted |= {"alpha_ppm": details["alpha_ppm"],
                           "starts_at": parse_instant(details["starts_at"]),
                           "ends_at": parse_instant(details["ends_at"])}  # fmt: skip
            yield from describe_differences(
                what, entry, rows.get(name), created_at=entry.at,
                stopped_at=self._stopped.get(name), **wanted,
            )  # fmt: skip
            held = details.get("key")
            if name in rows and held not in (None, fingerprint(rows[name]["assignment_key"])):
                yield f"{what} has another key than that of entry {entry.number}"


def _encode(words: list[str]) -> str:
    return msgspec.json.encode(words).decode()
