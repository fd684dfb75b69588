"""Store and read packages: what a buyer asked for when lines were added through AdCP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, update

from cloud.booking.adcp.tables import adcp_packages
from cloud.booking.orders.tables import booked_lines
from cloud.database.orders import order_line_versions


class UnknownPackageError(LookupError):
    """No package with that id in the orders of the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPackage:
    """A package as it was ordered; `request` is what answers repeat, such as dayparts."""

    id: str
    order_id: str
    product: str
    pricing_option: str
    budget_minor: int
    starts_at: datetime
    ends_at: datetime
    request: Mapping[str, Any]


def store_package(connection: Connection, package: MediaPackage) -> None:
    """Store a new package."""
    row = {name: getattr(package, name) for name in MediaPackage.__slots__}
    row["request"] = msgspec.json.encode(package.request).decode()
    connection.execute(adcp_packages.insert().values(row))


def change_budget(connection: Connection, package: str, budget_minor: int) -> None:
    """Set the budget of a package."""
    is_it = adcp_packages.c.id == package
    connection.execute(update(adcp_packages).where(is_it).values(budget_minor=budget_minor))


def read_packages(connection: Connection, order_ids: Iterable[str]) -> Mapping[str, MediaPackage]:
    """The packages of orders by id; lines that were ordered otherwise have none."""
    columns = adcp_packages.c
    wanted = select(adcp_packages).where(columns.order_id.in_([*order_ids]))
    found = connection.execute(wanted.order_by(columns.id)).mappings()
    return {row["id"]: _to_package(row) for row in found}


def find_order_of_package(connection: Connection, package: str) -> str:
    """The order whose lines are the package; raises UnknownPackageError."""
    wanted = select(booked_lines.c.order_id).where(booked_lines.c.quote_id == package[:64])
    found: str | None = connection.execute(wanted.limit(1)).scalar_one_or_none()
    if found is None:
        raise unknown_package(package)
    return found


def unknown_package(package: str) -> UnknownPackageError:
    """The error for an id without a package, and for one that the caller may not see."""
    return UnknownPackageError(f"no package {package[:64]!r}: get_media_buys lists your packages")


def read_revisions(connection: Connection, order_ids: Iterable[str]) -> Mapping[str, int]:
    """How many versions of lines each order has: it grows with every change."""
    columns = order_line_versions.c
    wanted = select(columns.order_id, func.count()).where(columns.order_id.in_([*order_ids]))
    rows = connection.execute(wanted.group_by(columns.order_id))
    return {row[0]: row[1] for row in rows}


def _to_package(row: Any) -> MediaPackage:
    values = {name: row[name] for name in MediaPackage.__slots__}
    values["request"] = msgspec.json.decode(row["request"], type=dict[str, Any])
    return MediaPackage(**values)
