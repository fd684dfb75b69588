"""Entries in the audit log about packages, and the comparison of the table with them."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, parse_instant, read_rows
from cloud.booking.adcp.package_store import MediaPackage
from cloud.booking.adcp.tables import adcp_packages

ADD: Final = "adcp.package"
BUDGET: Final = "adcp.budget"
"""About an order; `package` of its details is the one whose budget was changed."""
TEXTS: Final = ("product", "pricing_option")


def describe_package(package: MediaPackage) -> dict[str, Any]:
    """The details of the entry of a new package; of its request, the digest."""
    return {
        "order": package.order_id,
        **{name: getattr(package, name) for name in TEXTS},
        "budget_minor": package.budget_minor,
        "starts_at": package.starts_at.isoformat(),
        "ends_at": package.ends_at.isoformat(),
        "request": _digest(msgspec.json.encode(package.request)),
    }


class PackageComparison:
    """`adcp_packages`: as they were added, with the budgets that were set last."""

    def __init__(self) -> None:
        self._added: dict[str, tuple[AuditEntry, Details]] = {}
        self._budgets: dict[str, tuple[AuditEntry, int]] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Read an entry; entries come in their order, the oldest first."""
        if entry.action == ADD:
            self._added[entry.object] = entry, details
            self._budgets[entry.object] = entry, details["budget_minor"]
        elif entry.action == BUDGET:
            self._budgets[details["package"]] = entry, details["budget_minor"]

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each row that differs from the log."""
        rows = {row["id"]: row for row in read_rows(connection, adcp_packages)}
        for name in sorted(rows.keys() | self._added.keys()):
            what, row = f"adcp_packages: package {name}", rows.get(name)
            if name not in self._added:
                yield f"{what} has no entry that it was added"
                continue
            entry, details = self._added[name]
            yield from describe_differences(
                what, entry, row, order_id=details["order"],
                starts_at=parse_instant(details["starts_at"]),
                ends_at=parse_instant(details["ends_at"]),
                **{field: details[field] for field in TEXTS},
            )  # fmt: skip
            if row is not None:
                changed, budget_minor = self._budgets[name]
                yield from describe_differences(what, changed, row, budget_minor=budget_minor)
                if _digest(row["request"].encode()) != details["request"]:
                    yield f"{what} has another request than that of entry {entry.number}"


def _digest(encoded: bytes) -> str:
    return hashlib.sha256(encoded).hexdigest()[:32]
