"""Compare placed orders with the audit log: who pays, the commission and the discount."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows
from cloud.booking.orders.approvals import SET_DISCOUNT
from cloud.booking.orders.placing import CREATE
from cloud.booking.orders.tables import orders
from cloud.booking.version_digest import DISCOUNT_ACTION

COLUMNS: Final = ("account", "name", "agency", "brand", "currency", "commission_bp")
"""Those that never change; entries of older versions have the first two."""


class PlacedOrderComparison:
    """`orders`: as they were placed, and with the discount that was given last."""

    def __init__(self) -> None:
        self._placed: dict[str, tuple[AuditEntry, Details]] = {}
        self._discounts: dict[str, tuple[AuditEntry, int]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == CREATE:
            self._placed[entry.object] = entry, details
        elif entry.action in (DISCOUNT_ACTION, SET_DISCOUNT):
            self._discounts[entry.object] = entry, details["discount_bp"]

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        missing = dict(self._placed)
        for row in read_rows(connection, orders):
            logged = missing.pop(row["id"], None)
            if logged is None:
                yield f"orders: order {row['id']} has no entry that it was placed"
            else:
                yield from self._compare(row, *logged)
        for name, (entry, _) in sorted(missing.items()):
            yield from describe_differences(f"orders: order {name}", entry, None)

    def _compare(self, row: Any, entry: AuditEntry, details: Details) -> Iterator[str]:
        what = f"orders: order {row['id']}"
        wanted = {name: details[name] for name in COLUMNS if name in details}
        yield from describe_differences(what, entry, row, created_at=entry.at, **wanted)
        given, discount_bp = self._discounts.get(row["id"], (entry, 0))
        yield from describe_differences(what, given, row, discount_bp=discount_bp)
