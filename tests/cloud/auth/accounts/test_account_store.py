"""Accounts are created, listed and closed; every change is audited."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloud.auth import audit
from cloud.auth.accounts.account import AccountError, AccountKind, AccountProfile
from cloud.auth.accounts.account_store import (
    AccountExistsError,
    UnknownAccountError,
    accounts,
    change_account,
    close_account,
    create_account,
    list_accounts,
    read_account,
    read_clients,
    require_account,
)
from tests.cloud.memory_database import in_memory

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ACME = AccountProfile(
    id="acme", name="Acme Ltd", kind=AccountKind.ADVERTISER, vat_number="GB123456789",
    address=("1 High Street", "Leeds"), billing_email="bills@acme.example",
    credit_limit_minor=500_000,
)  # fmt: skip
MEDIA = AccountProfile(id="media", name="Media", kind=AccountKind.AGENCY, commission_bp=1_500)


@pytest.fixture
def connection():
    with in_memory(accounts, audit.audit_log) as connection:
        yield connection


def create(connection, profile):
    return create_account(connection, profile, by="ann", now=NOW)


def test_an_account_is_read_as_it_was_created(connection):
    created = create(connection, ACME)

    assert read_account(connection, "acme") == created
    assert created.address == ("1 High Street", "Leeds")
    assert created.is_open
    assert read_account(connection, "bolt") is None
    with pytest.raises(UnknownAccountError, match="no account 'bolt'"):
        require_account(connection, "bolt")


def test_an_id_is_used_once(connection):
    create(connection, ACME)
    with pytest.raises(AccountExistsError, match="choose another id"):
        create(connection, ACME)


def test_an_agency_sees_itself_and_the_advertisers_that_it_acts_for(connection):
    create(connection, MEDIA)
    client = AccountProfile(id="bolt", name="Bolt", kind=AccountKind.ADVERTISER, agency="media")
    create(connection, client)
    create(connection, ACME)

    assert [one.id for one in list_accounts(connection)] == ["acme", "bolt", "media"]
    assert [one.id for one in list_accounts(connection, of="media")] == ["bolt", "media"]
    assert [one.id for one in list_accounts(connection, after="acme", limit=1)] == ["bolt"]
    assert read_clients(connection, "media") == {"bolt"}


@pytest.mark.parametrize("agency", ["acme", "nobody", "gone"])
def test_only_an_open_agency_can_act_for_an_advertiser(connection, agency):
    create(connection, ACME)
    create(connection, AccountProfile(id="gone", name="Gone", kind=AccountKind.AGENCY))
    close_account(connection, "gone", by="ann", now=NOW)
    with pytest.raises(AccountError, match="no open account of kind agency"):
        create(
            connection,
            AccountProfile(id="bolt", name="B", kind=AccountKind.ADVERTISER, agency=agency),
        )


def test_an_account_is_closed_once_and_stays_readable(connection):
    create(connection, ACME)
    later = NOW + timedelta(days=1)
    closed = close_account(connection, "acme", by="bob", now=later)

    assert (closed.closed_at, closed.is_open) == (later, False)
    with pytest.raises(AccountError, match="closed already"):
        close_account(connection, "acme", by="bob", now=later)
    entries = [(one.actor, one.action, one.object) for one in audit.read_entries(connection)]
    assert entries == [("ann", "account.create", "acme"), ("bob", "account.close", "acme")]


def change(connection, profile):
    return change_account(connection, profile, by="bob", now=NOW + timedelta(hours=1))


def test_a_changed_account_keeps_its_dates_and_is_audited_once(connection):
    created = create(connection, ACME)
    wanted = replace(ACME, name="Acme plc", address=(), credit_limit_minor=1)
    changed = change(connection, wanted)
    assert changed == read_account(connection, "acme")
    assert (changed.profile, changed.created_at) == (wanted, created.created_at)
    assert change(connection, wanted) == changed
    last = list(audit.read_entries(connection))[-1]
    assert (last.number, last.action, last.object) == (2, "account.change", "acme")
    assert '"name":"Acme plc"' in last.details


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("currency", "EUR", "amounts in GBP, which never change"),
        ("kind", AccountKind.MEDIA_OWNER, "of kind advertiser"),
        ("agency", "acme", "no open account of kind agency"),
        ("name", "", "printable"),
    ],
)
def test_an_account_is_not_changed_to_one_that_cannot_be(connection, field, value, sentence):
    created = create(connection, ACME)
    with pytest.raises(AccountError, match=sentence):
        change(connection, replace(ACME, **{field: value}))
    with pytest.raises(UnknownAccountError):
        change(connection, MEDIA)
    assert read_account(connection, "acme") == created
