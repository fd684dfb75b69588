"""Compare the stored rule sets and scenarios of retail prices with the audit log."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, parse_instant, read_rows
from cloud.sales.retail.rule_sets import PUT, digest_of_body, retail_rule_sets
from cloud.sales.retail.scenarios import DELETE, SAVE, digest_scenario, retail_scenarios


class RuleSetComparison:
    """`retail_rule_sets`: one row for each entry, never changed."""

    def __init__(self) -> None:
        self._put: dict[int, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Take an entry of the log into account."""
        if entry.action == PUT:
            self._put[entry.number] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each difference."""
        rows = {row["number"]: row for row in read_rows(connection, retail_rule_sets)}
        for number in sorted(rows.keys() | self._put.keys()):
            what = f"retail_rule_sets: rule set {number}"
            if number not in self._put:
                yield f"{what} has no entry"
                continue
            entry, details = self._put[number]
            row = rows.get(number)
            yield from describe_differences(
                what, entry, row,
                version=details["version"], digest=details["digest"], reason=details["reason"],
                from_at=parse_instant(details["from"]), put_at=entry.at, put_by=entry.actor,
            )  # fmt: skip
            if row is not None and digest_of_body(row["body"]) != details["digest"]:
                yield f"{what} is not that of entry {entry.number}: its content has another digest"


class ScenarioComparison:
    """`retail_scenarios`: each as it was saved, until it is deleted."""

    def __init__(self) -> None:
        self._saved: dict[str, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Take an entry of the log into account."""
        if entry.action == SAVE:
            self._saved[entry.object] = entry, details
        elif entry.action == DELETE:
            self._saved.pop(entry.object, None)

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each difference."""
        rows = {row["id"]: row for row in read_rows(connection, retail_scenarios)}
        for name in sorted(rows.keys() | self._saved.keys()):
            what = f"retail_scenarios: scenario {name}"
            if name not in self._saved:
                yield f"{what} has no entry that it was saved"
                continue
            entry, details = self._saved[name]
            row = rows.get(name)
            yield from describe_differences(
                what, entry, row, name=details["name"], product=details["product"],
                created_by=entry.actor, created_at=entry.at,
            )  # fmt: skip
            if row is not None and digest_scenario(row) != details["digest"]:
                yield f"{what} is not that of entry {entry.number}: it has another digest"
