"""Compare the stored order lines with the audit log."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details
from cloud.booking.order_store import digest_of_all
from cloud.booking.version_digest import VERSION_ACTIONS
from cloud.database.orders import order_line_versions


class OrderComparison:
    """`order_line_versions`: all rows together, as the last load or order left them."""

    def __init__(self) -> None:
        self._loaded: tuple[AuditEntry, str] | None = None

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action in VERSION_ACTIONS:
            self._loaded = entry, details["rows"]

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        if self._loaded is None:
            if connection.execute(select(order_line_versions.c.id).limit(1)).first() is not None:
                yield "order_line_versions: there are rows, and no entry that any were loaded"
            return
        entry, rows = self._loaded
        if digest_of_all(connection) != rows:
            yield (
                f"order_line_versions: its rows are not those that entry {entry.number} left: "
                "rows were altered, removed or added; compare them with the sales system"
            )
