"""Products: screens and hours that are offered together, with a delivery type.

A product with several screens is a package. One that was removed stays readable, since quotes and
orders name it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from cloud import database
from cloud.booking.inventory.dayparts import WeeklyHours
from cloud.booking.slots import DeliveryType
from cloud.database.products import dayparts, products


class UnknownProduct(LookupError):  # noqa: N818 - reads as what happened
    """No product for sale has that id."""


class UnknownDaypart(LookupError):  # noqa: N818 - reads as what happened
    """No daypart has that id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One offer. Without a daypart it has every hour."""

    id: str
    name: str
    delivery: DeliveryType
    locations: tuple[str, ...]
    daypart: str | None
    min_hours: int
    changed_by: str
    changed_at: datetime

    @property
    def is_package(self) -> bool:
        """Whether it has several screens."""
        return len(self.locations) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDaypart:
    """A daypart that products and buyers refer to."""

    id: str
    name: str
    daypart: WeeklyHours
    changed_by: str
    changed_at: datetime


def store_product(connection: Connection, product: Product) -> None:
    """Offer a product, in place of an earlier one with its id; raises UnknownDaypart."""
    if product.daypart is not None:
        read_daypart(connection, product.daypart)
    row = {name: getattr(product, name) for name in Product.__slots__}
    row |= {
        "delivery": product.delivery.value,
        "locations": msgspec.json.encode(product.locations).decode(),
        "removed_at": None,
    }
    insert = database.insert(connection.dialect.name, products).values(row)
    change = {name: insert.excluded[name] for name in row if name != "id"}
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=change))


def remove_product(connection: Connection, name: str, now: datetime) -> None:
    """Offer a product no longer; raises UnknownProduct."""
    columns = products.c
    removed = update(products).where(columns.id == name, columns.removed_at.is_(None))
    if connection.execute(removed.values(removed_at=now)).rowcount != 1:
        raise unknown_product(name)


def read_products(connection: Connection) -> Sequence[Product]:
    """Every product that is for sale."""
    wanted = select(products).where(products.c.removed_at.is_(None)).order_by(products.c.id)
    return [_product(row) for row in connection.execute(wanted).mappings()]


def read_product(connection: Connection, name: str) -> Product:
    """One product that is for sale; raises UnknownProduct."""
    wanted = select(products).where(products.c.id == name, products.c.removed_at.is_(None))
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise unknown_product(name)
    return _product(row)


def store_daypart(connection: Connection, named: NamedDaypart) -> None:
    """Store a daypart in place of an earlier one with its id."""
    row = {
        "id": named.id,
        "name": named.name,
        "weekdays": msgspec.json.encode(sorted(named.daypart.weekdays)).decode(),
        "hours": named.daypart.hours,
        "zone": named.daypart.zone,
        "changed_by": named.changed_by,
        "changed_at": named.changed_at,
    }
    insert = database.insert(connection.dialect.name, dayparts).values(row)
    change = {name: insert.excluded[name] for name in row if name != "id"}
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=change))


def read_dayparts(connection: Connection) -> Sequence[NamedDaypart]:
    """Every daypart."""
    wanted = select(dayparts).order_by(dayparts.c.id)
    return [_daypart(row) for row in connection.execute(wanted).mappings()]


def read_daypart(connection: Connection, name: str) -> NamedDaypart:
    """One daypart; raises UnknownDaypart."""
    row = connection.execute(select(dayparts).where(dayparts.c.id == name)).mappings().first()
    if row is None:
        raise UnknownDaypart(f"no daypart {name[:63]!r}: GET /api/dayparts lists them")
    return _daypart(row)


def unknown_product(name: str) -> UnknownProduct:
    """The error of an id that no product for sale has."""
    return UnknownProduct(f"no product {name[:63]!r} is for sale: GET /api/products lists them")


def _product(row: Any) -> Product:
    values = {name: row[name] for name in Product.__slots__}
    values["delivery"] = DeliveryType(row["delivery"])
    values["locations"] = msgspec.json.decode(row["locations"], type=tuple[str, ...])
    return Product(**values)


def _daypart(row: Any) -> NamedDaypart:
    weekdays = msgspec.json.decode(row["weekdays"], type=frozenset[int])
    return NamedDaypart(
        id=row["id"],
        name=row["name"],
        daypart=WeeklyHours(row["hours"], weekdays, row["zone"]),
        changed_by=row["changed_by"],
        changed_at=row["changed_at"],
    )
