"""An account or brand that was changed without the program differs from the audit log."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, update

from cloud.auth import audit
from cloud.auth.accounts.account import AccountKind, AccountProfile
from cloud.auth.accounts.account_store import (
    accounts,
    change_account,
    close_account,
    create_account,
)
from cloud.auth.accounts.audit_comparisons import AccountComparison, BrandComparison
from cloud.auth.accounts.brand_store import brands, create_brand
from cloud.auth.audit_comparisons import compare_with_log
from tests.cloud.memory_database import in_memory

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def connection():
    with in_memory(accounts, brands, audit.audit_log) as connection:
        profile = AccountProfile(
            id="acme", name="Acme", kind=AccountKind.ADVERTISER, address=("1 Road",)
        )
        create_account(connection, profile, by="ann", now=NOW)
        create_brand(connection, "acme", "Tea", ["218"], by="ann", now=NOW)
        changed = replace(profile, address=("2 Road",))
        change_account(connection, changed, by="ann", now=NOW + timedelta(hours=1))
        close_account(connection, "acme", by="ann", now=NOW)
        yield connection


def find_differences(connection):
    return compare_with_log(connection, NOW, [AccountComparison(), BrandComparison()])


def test_what_the_program_wrote_is_what_the_log_records(connection):
    assert find_differences(connection) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (update(accounts).values(credit_limit_minor=10**6), "credit_limit_minor is 1000000"),
        (update(accounts).values(closed_at=None), "closed_at is None"),
        (update(accounts).values(address="[]"), "address is [], and entry 3 records"),
        (update(accounts).values(address='["1 Road"]'), 'address is ["1 Road"], and entry 3'),
        (delete(accounts), "account acme of entry 3 is missing"),
        (update(brands).values(account="bolt"), "account is bolt"),
        (delete(brands), "of entry 2 is missing"),
        (
            insert(brands).values(
                id="b", account="acme", name="X", categories="[]", created_at=NOW
            ),
            "brand b has no entry",
        ),
    ],
)
def test_a_row_that_bypassed_the_program_is_found(connection, statement, sentence):
    connection.execute(statement)
    found = find_differences(connection)
    assert len(found) == 1
    assert sentence in found[0]
