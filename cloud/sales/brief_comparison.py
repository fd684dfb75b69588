"""Compare saved briefs with the audit log: each is as it was saved, until it is deleted."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows
from cloud.sales.saved_briefs import DELETE, SAVE, saved_briefs


class BriefComparison:
    """`saved_briefs`: until they are deleted."""

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
        rows = {row["id"]: row for row in read_rows(connection, saved_briefs)}
        for name in sorted(rows.keys() | self._saved.keys()):
            what = f"saved_briefs: brief {name}"
            if name not in self._saved:
                yield f"{what} has no entry that it was saved"
                continue
            entry, details = self._saved[name]
            row = rows.get(name)
            yield from describe_differences(
                what, entry, row, account=details["account"], name=details["name"],
                created_by=entry.actor, created_at=entry.at,
            )  # fmt: skip
            if row is not None and digest_question(row["question"]) != details["question"]:
                yield f"{what} is not the brief of entry {entry.number}: it has another digest"


def digest_question(question: str) -> str:
    """The digest of a brief in the log."""
    return hashlib.sha256(question.encode()).hexdigest()
