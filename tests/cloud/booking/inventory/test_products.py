"""Products and dayparts: stored, replaced, removed."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from cloud.booking.inventory.dayparts import WeeklyHours
from cloud.booking.inventory.products import (
    NamedDaypart,
    Product,
    UnknownDaypart,
    UnknownProduct,
    read_dayparts,
    read_product,
    read_products,
    remove_product,
    store_daypart,
    store_product,
)
from cloud.booking.slots import DeliveryType
from tests.cloud.booking.capacity_data import NOW

PEAK = NamedDaypart(
    id="peak", name="Peak", daypart=WeeklyHours("7-9", frozenset({1, 2}), "local"),
    changed_by="me", changed_at=NOW,
)  # fmt: skip
PACKAGE = Product(
    id="package", name="Commuters", delivery=DeliveryType.PREEMPTIBLE, daypart="peak",
    locations=("KX-01", "LB-01"), min_hours=2, changed_by="me", changed_at=NOW,
)  # fmt: skip


def test_a_product_is_for_sale_until_it_is_removed(connection: Connection) -> None:
    with pytest.raises(UnknownDaypart, match="no daypart 'peak'"):
        store_product(connection, PACKAGE)
    store_daypart(connection, PEAK)
    store_product(connection, replace(PACKAGE, min_hours=9))
    store_product(connection, PACKAGE)
    assert (read_dayparts(connection), read_products(connection)) == ([PEAK], [PACKAGE])
    assert PACKAGE.is_package
    assert not replace(PACKAGE, locations=("KX-01",)).is_package
    remove_product(connection, "package", NOW)
    for gone in (lambda: read_product(connection, "package"),
                 lambda: remove_product(connection, "package", NOW)):  # fmt: skip
        with pytest.raises(UnknownProduct, match="GET /api/products"):
            gone()
    store_product(connection, PACKAGE)
    assert read_product(connection, "package") == PACKAGE, "offered again"
