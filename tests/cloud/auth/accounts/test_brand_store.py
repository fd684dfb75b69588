"""Brands belong to open accounts and have names of their own."""

from datetime import UTC, datetime

import pytest

from cloud.auth import audit
from cloud.auth.accounts.account import AccountError, AccountKind, AccountProfile
from cloud.auth.accounts.account_store import (
    UnknownAccountError,
    accounts,
    close_account,
    create_account,
)
from cloud.auth.accounts.brand_store import (
    BrandExistsError,
    brands,
    create_brand,
    list_brands,
    read_brand,
)
from tests.cloud.memory_database import in_memory

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BY = {"by": "ann", "now": NOW}


@pytest.fixture
def connection():
    with in_memory(accounts, brands, audit.audit_log) as connection:
        for name in ("acme", "bolt"):
            profile = AccountProfile(id=name, name=name, kind=AccountKind.ADVERTISER)
            create_account(connection, profile, **BY)
        yield connection


def test_a_brand_is_read_as_it_was_created(connection):
    tea = create_brand(connection, "acme", "Tea", ["IAB8-5", "218"], **BY)
    car = create_brand(connection, "bolt", "Tea", **BY)

    assert read_brand(connection, tea.id) == tea
    assert read_brand(connection, "0" * 32) is None
    assert list_brands(connection) == [tea, car]
    assert list_brands(connection, ["bolt"]) == [car]
    assert [*audit.read_entries(connection)][-1].action == "brand.create"


def test_a_brand_that_cannot_be_used_is_refused(connection):
    create_brand(connection, "acme", "Tea", **BY)
    with pytest.raises(BrandExistsError, match="already"):
        create_brand(connection, "acme", "Tea", **BY)
    with pytest.raises(UnknownAccountError):
        create_brand(connection, "nobody", "Tea", **BY)
    with pytest.raises(AccountError, match="IAB content taxonomy"):
        create_brand(connection, "acme", "Coffee", ["food & drink"], **BY)
    with pytest.raises(AccountError, match="at most 20"):
        create_brand(connection, "acme", "Coffee", ["1"] * 21, **BY)
    with pytest.raises(AccountError, match="brand name"):
        create_brand(connection, "acme", "", **BY)
    close_account(connection, "bolt", **BY)
    with pytest.raises(AccountError, match="closed"):
        create_brand(connection, "bolt", "Car", **BY)
