"""Compare products, dayparts and restrictions of screens with the audit log.

Each has an entry with its content whenever it is stored; the last one counts.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details, describe_differences, read_rows
from cloud.database.products import dayparts, products, screen_restrictions

PUT_PRODUCT: Final = "product.put"
REMOVE_PRODUCT: Final = "product.remove"
PUT_DAYPART: Final = "daypart.put"
PUT_RESTRICTIONS: Final = "restrictions.put"
Columns = Callable[[Details], Mapping[str, Any]]


class CatalogueComparison:
    """One table; `read_columns` gives the columns that an entry records."""

    def __init__(
        self, table: Table, put: str, read_columns: Columns, *, remove: str | None = None
    ) -> None:
        self._table = table
        self._put = put
        self._remove = remove
        self._read_columns = read_columns
        self._stored: dict[str, tuple[AuditEntry, Details]] = {}
        self._removed: dict[str, datetime] = {}

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        if entry.action == self._put:
            self._stored[entry.object] = entry, details
            self._removed.pop(entry.object, None)
        elif entry.action == self._remove:
            self._removed[entry.object] = entry.at

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        (key,) = self._table.primary_key
        rows = {row[key.name]: row for row in read_rows(connection, self._table)}
        for name in sorted(rows.keys() | self._stored.keys()):
            what = f"{self._table.name}: {name}"
            if name not in self._stored:
                yield f"{what} has no entry that it was stored"
                continue
            entry, details = self._stored[name]
            wanted = dict(self._read_columns(details))
            if self._remove is not None:
                wanted["removed_at"] = self._removed.get(name)
            yield from describe_differences(
                what, entry, rows.get(name), **wanted, changed_by=entry.actor, changed_at=entry.at
            )


def compare_products() -> CatalogueComparison:
    """`products`: as they were offered last, and when they were removed."""
    return CatalogueComparison(products, PUT_PRODUCT, _read_product, remove=REMOVE_PRODUCT)


def compare_dayparts() -> CatalogueComparison:
    """`dayparts`: as they were stored last."""
    return CatalogueComparison(dayparts, PUT_DAYPART, _read_daypart)


def compare_restrictions() -> CatalogueComparison:
    """`screen_restrictions`: as they were set last."""
    return CatalogueComparison(screen_restrictions, PUT_RESTRICTIONS, _read_restrictions)


def _read_product(details: Details) -> Mapping[str, Any]:
    plain = {name: details[name] for name in ("name", "delivery", "daypart", "min_hours")}
    return {**plain, "locations": _encode(details["locations"])}


def _read_daypart(details: Details) -> Mapping[str, Any]:
    plain = {name: details[name] for name in ("name", "hours", "zone")}
    return {**plain, "weekdays": _encode(sorted({*details["weekdays"]}))}


def _read_restrictions(details: Details) -> Mapping[str, Any]:
    sizes = sorted({(one["width_px"], one["height_px"]) for one in details["sizes"]})
    return {
        "categories": _encode(sorted({*details["categories"]})),
        "sizes": _encode(sizes),
        "max_length_s": details["max_length_s"],
        "reason": details["reason"],
    }


def _encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()
