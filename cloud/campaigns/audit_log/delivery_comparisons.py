"""Compare guarantees, make-goods, imports of plays and what they cover with the audit log."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows
from cloud.campaigns import guarantees, make_good_store, tables
from cloud.campaigns.make_good_store import MakeGoodStatus
from cloud.campaigns.plays import imports

Logged = tuple[AuditEntry, Details]


class GuaranteeComparison:
    """`line_guarantees`: as their last entry has them."""

    def __init__(self) -> None:
        self._set: dict[str, Logged] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == guarantees.ACTION:
            self._set[entry.object] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["line_id"]: row for row in read_rows(connection, tables.line_guarantees)}
        for line in sorted(rows.keys() | self._set.keys()):
            what = f"line_guarantees: line {line}"
            if line not in self._set:
                yield f"{what} has no entry that its guarantee was set"
                continue
            entry, details = self._set[line]
            yield from describe_differences(what, entry, rows.get(line), set_at=entry.at, **details)


class MakeGoodComparison:
    """`make_goods`: as they were proposed, decided and settled.

    A proposal may be gone after another one of its line.
    """

    def __init__(self) -> None:
        self._proposed: dict[str, Logged] = {}
        self._last: dict[str, Logged] = {}
        self._decided: dict[str, AuditEntry] = {}
        self._settled: dict[str, datetime] = {}
        self._of_line: defaultdict[str, list[str]] = defaultdict(list)

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == make_good_store.PROPOSE:
            self._proposed[entry.object] = entry, details
            self._of_line[details["line"]].append(entry.object)
        elif entry.action in (make_good_store.APPROVE, make_good_store.REJECT):
            self._decided[entry.object] = entry
        elif entry.action == make_good_store.SETTLE:
            self._settled[entry.object] = entry.at
        else:
            return
        self._last[entry.object] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, tables.make_goods)}
        for name in sorted(rows.keys() | self._proposed.keys()):
            what = f"make_goods: make-good {name}"
            if name not in self._proposed:
                yield f"{what} has no entry that it was proposed"
            elif name in rows or not self._is_replaced(name):
                entry, details = self._last[name]
                yield from describe_differences(
                    what, entry, rows.get(name), line_id=details["line"],
                    proposed_at=self._proposed[name][0].at, settled_at=self._settled.get(name),
                    **_copy(details, "line"), **self._describe_decision(name),
                )  # fmt: skip

    def _is_replaced(self, name: str) -> bool:
        line = self._proposed[name][1]["line"]
        return name not in self._decided and name != self._of_line[line][-1]

    def _describe_decision(self, name: str) -> Details:
        decided = self._decided.get(name)
        if decided is None:
            return {"status": MakeGoodStatus.PROPOSED.value, "decided_at": None}
        is_approved = decided.action == make_good_store.APPROVE
        status = MakeGoodStatus.APPROVED if is_approved else MakeGoodStatus.REJECTED
        return {"status": status.value, "decided_at": decided.at}


class PlayImportComparison:
    """`play_imports`: as they were recorded."""

    def __init__(self) -> None:
        self._recorded: dict[str, Logged] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == imports.ACTION:
            self._recorded[entry.object] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, tables.play_imports)}
        compared = ("source", "sha256", "rows", "stored", "duplicates", "refused")
        for name in sorted(rows.keys() | self._recorded.keys()):
            what = f"play_imports: import {name}"
            if name not in self._recorded:
                yield f"{what} has no entry"
                continue
            entry, details = self._recorded[name]
            yield from describe_differences(
                what, entry, rows.get(name), imported_at=entry.at,
                **{column: details[column] for column in compared},
            )  # fmt: skip


class LoggedPeriodComparison:
    """`logged_periods`: as the imports stated them; of equal statements the first."""

    def __init__(self) -> None:
        self._stated: dict[tuple[str, datetime, datetime], AuditEntry] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == imports.ACTION and details.get("covers"):
            since, until = map(datetime.fromisoformat, details["covers"])
            for location in details["covered"]:
                self._stated.setdefault((location, since, until), entry)

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {
            (row["location"], row["starts_at"], row["ends_at"]): row
            for row in read_rows(connection, tables.logged_periods)
        }
        for key in sorted(rows.keys() | self._stated.keys()):
            location, since, until = key
            what = f"logged_periods: {location} from {since.isoformat()} until {until.isoformat()}"
            entry = self._stated.get(key)
            if entry is None:
                yield f"{what} has no entry of an import that covers it"
            else:
                yield from describe_differences(what, entry, rows.get(key), import_id=entry.object)


def _copy(details: Details, *without: str) -> Details:
    return {name: value for name, value in details.items() if name not in without}
