"""Compare private deals with the audit log."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows
from cloud.trade.deals.deal import CLOSE, CREATE
from cloud.trade.deals.tables import private_deals


class DealComparison:
    """`private_deals`: as they were created, and when they were closed."""

    def __init__(self) -> None:
        self._created: dict[str, tuple[AuditEntry, Details]] = {}
        self._closed: dict[str, datetime] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == CREATE:
            self._created[entry.object] = entry, details
        elif entry.action == CLOSE:
            self._closed[entry.object] = entry.at

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        rows = {row["id"]: row for row in read_rows(connection, private_deals)}
        for name in sorted(rows.keys() | self._created.keys()):
            what = f"private_deals: deal {name}"
            if name not in self._created:
                yield f"{what} has no entry that it was created"
                continue
            entry, details = self._created[name]
            locations = msgspec.json.encode(details["locations"]).decode()
            yield from describe_differences(
                what, entry, rows.get(name), account=details["account"],
                order_id=details["order"], locations=locations, auction=details["auction"],
                floor_minor=details["floor_minor"], created_at=entry.at,
                closed_at=self._closed.get(name),
            )  # fmt: skip
