"""Packages are stored with what was asked for, and found by the lines that they have."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.booking.adcp.package_store import (
    MediaPackage,
    UnknownPackageError,
    change_budget,
    find_order_of_package,
    read_packages,
    read_revisions,
    store_package,
)
from tests.cloud.app_context import FRIDAY_NOON

PACKAGE = MediaPackage(
    id="q" * 32, order_id="o" * 32, product="commuters", pricing_option="flat-rate-1",
    budget_minor=5_000, starts_at=FRIDAY_NOON, ends_at=FRIDAY_NOON + timedelta(days=1),
    request={"targeting_overlay": {"timezone": "local"}},
)  # fmt: skip


def test_a_package_is_read_as_it_was_stored(connection: Connection) -> None:
    store_package(connection, PACKAGE)
    assert read_packages(connection, [PACKAGE.order_id]) == {PACKAGE.id: PACKAGE}
    change_budget(connection, PACKAGE.id, 7_000)
    assert read_packages(connection, [PACKAGE.order_id])[PACKAGE.id].budget_minor == 7_000
    assert read_packages(connection, ["another"]) == {}
    assert read_revisions(connection, [PACKAGE.order_id]) == {}
    with pytest.raises(UnknownPackageError):
        find_order_of_package(connection, "another")
