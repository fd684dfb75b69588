"""A package that was changed without the program differs from the audit log."""

import pytest
from sqlalchemy import Connection, delete, update

from cloud.auth.audit import audit_log, record_change
from cloud.auth.audit_comparisons import compare_with_log
from cloud.booking.adcp.package_comparison import ADD, BUDGET, PackageComparison, describe_package
from cloud.booking.adcp.package_store import change_budget, store_package
from cloud.booking.adcp.tables import adcp_packages
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.booking.adcp.test_package_store import PACKAGE
from tests.cloud.memory_database import in_memory

ROWS = update(adcp_packages)


@pytest.fixture
def packages():
    with in_memory(adcp_packages, audit_log) as connection:
        store_package(connection, PACKAGE)
        record(connection, ADD, PACKAGE.id, describe_package(PACKAGE))
        change_budget(connection, PACKAGE.id, 7_000)
        budget = {"package": PACKAGE.id, "budget_minor": 7_000}
        record(connection, BUDGET, PACKAGE.order_id, budget)
        yield connection


def record(connection: Connection, action: str, about: str, details: dict) -> None:
    record_change(
        connection, at=FRIDAY_NOON, actor="ann", action=action, about=about, details=details
    )


def find_differences(connection: Connection) -> list[str]:
    return compare_with_log(connection, FRIDAY_NOON, [PackageComparison()])


def test_a_package_is_what_the_log_records(packages: Connection) -> None:
    assert find_differences(packages) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (ROWS.values(budget_minor=5_000), "budget_minor is 5000, and entry 2 records 7000"),
        (ROWS.values(product="other"), "product is other, and entry 1"),
        (ROWS.values(order_id="x"), "order_id is x, and entry 1"),
        (ROWS.values(starts_at=PACKAGE.ends_at), "starts_at is"),
        (ROWS.values(request="{}"), "another request than that of entry 1"),
        (ROWS.values(id="x"), "package x has no entry that it was added"),
        (delete(adcp_packages), "of entry 1 is missing"),
    ],
)
def test_a_row_that_bypassed_the_program_is_found(packages, statement, sentence) -> None:
    packages.execute(statement)
    found = find_differences(packages)
    assert any(sentence in one for one in found), found
