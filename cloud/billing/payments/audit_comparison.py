"""Compare payments with the audit log: amounts, and what was paid and paid back."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows
from cloud.billing.payments.provider import PaymentStatus, RefundStatus
from cloud.billing.payments.recording import CHANGE, REFUND
from cloud.billing.payments.requests import CREATE
from cloud.database.billing import payments

SUCCEEDED: Final = PaymentStatus.SUCCEEDED.value


class PaymentComparison:
    """`payments`: as they were opened, whether they succeeded, and what was paid back.

    Other states are those of calls under way, which have no entry.
    """

    def __init__(self) -> None:
        self._opened: dict[str, tuple[AuditEntry, Details]] = {}
        self._changed: dict[str, tuple[AuditEntry, str]] = {}
        self._refunded: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == CREATE:
            self._opened[entry.object] = entry, details
        elif entry.action == CHANGE:
            self._changed[entry.object] = entry, details["status"]
        elif entry.action == REFUND:
            is_paid = details["status"] == RefundStatus.SUCCEEDED
            amount = details["amount_minor"] if is_paid else 0
            self._refunded[entry.object][details["refund"]] = amount

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, payments)}
        for name in sorted(rows.keys() | self._opened.keys()):
            what = f"payments: payment {name}"
            if name not in self._opened:
                yield f"{what} has no entry that it was opened"
                continue
            entry, details = self._opened[name]
            yield from describe_differences(
                what, entry, rows.get(name), created_at=entry.at,
                refunded_minor=sum(self._refunded[name].values()), **details,
            )  # fmt: skip
            if name in rows:
                yield from self._compare_status(what, rows[name])

    def _compare_status(self, what: str, row: Any) -> Iterator[str]:
        entry, status = self._changed.get(row["id"], (None, PaymentStatus.PENDING.value))
        if (row["status"] == SUCCEEDED) != (status == SUCCEEDED):
            source = "no entry records a change" if entry is None else f"entry {entry.number}"
            yield f"{what} is {row['status']}, and by the log {status} ({source})"
