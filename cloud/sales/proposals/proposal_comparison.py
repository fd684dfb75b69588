"""Compare proposals with the audit log: each is as it was offered, and as it was decided."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, parse_instant, read_rows
from cloud.database.proposals import proposals
from cloud.sales.proposals.proposal import ProposalState
from cloud.sales.proposals.proposal_steps import DECIDE, OFFER

OFFERED_FIELDS = ("account", "name", "quote", "total_minor", "currency")


class ProposalComparison:
    """`proposals`: no row is deleted."""

    def __init__(self) -> None:
        self._offered: dict[str, tuple[AuditEntry, Details]] = {}
        self._decided: dict[str, tuple[AuditEntry, Details]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Take an entry of the log into account."""
        if entry.action == OFFER:
            self._offered[entry.object] = entry, details
        elif entry.action == DECIDE:
            self._decided[entry.object] = entry, details

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each difference."""
        rows = {row["id"]: row for row in read_rows(connection, proposals)}
        for name in sorted(rows.keys() | self._offered.keys()):
            what = f"proposals: proposal {name}"
            if name not in self._offered:
                yield f"{what} has no entry that it was offered"
                continue
            entry, details = self._offered[name]
            wanted = {field: details[field] for field in OFFERED_FIELDS}
            yield from describe_differences(
                what, entry, rows.get(name), offered_at=entry.at, offered_by=entry.actor,
                valid_until=parse_instant(details["valid_until"]), **wanted,
            )  # fmt: skip
            yield from self._compare_decision(what, entry, rows.get(name))

    def _compare_decision(
        self, what: str, offered: AuditEntry, row: Details | None
    ) -> Iterator[str]:
        entry, details = self._decided.get(offered.object, (None, None))
        if row is None:
            return
        if entry is None or details is None:
            state = ProposalState.OFFERED.value
            yield from describe_differences(what, offered, row, state=state, order_id=None)
            return
        yield from describe_differences(
            what, entry, row, state=details["state"], order_id=details["order"],
            reason=details["reason"], decided_by=entry.actor, decided_at=entry.at,
        )  # fmt: skip
