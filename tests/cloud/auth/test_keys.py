"""Keys are created once, shown once, stored as digests, and can be revoked."""

from datetime import timedelta

import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.auth.audit import read_entries
from cloud.auth.keys import KeyRefused, Role, create_key, find_key, list_keys, revoke_key


def test_a_key_is_found_by_its_text_alone(context: AppContext, clock):
    key = create_key(context.engine, Role.SALES, "the sales context", by="me", now=clock.now)
    found = find_key(context.engine, key)

    assert found is not None
    assert (found.role, found.owner) == (Role.SALES, "the sales context")
    assert find_key(context.engine, key[:-1] + ("A" if key[-1] != "A" else "B")) is None
    assert find_key(context.engine, key + "\n") is None


@pytest.mark.parametrize("owner", ["", "   ", "x" * 81, "a\nb", "\x1b[31m"])
def test_an_owner_is_a_line_of_text(context: AppContext, clock, owner: str):
    with pytest.raises(KeyRefused, match="printable characters"):
        create_key(context.engine, Role.SALES, owner, by="me", now=clock.now)


def test_a_key_cannot_be_born_dead_or_die_twice(context: AppContext, clock):
    with pytest.raises(KeyRefused, match="would never be valid"):
        create_key(context.engine, Role.SALES, "late", by="me", now=clock.now, expires_at=clock.now)
    create_key(context.engine, Role.SALES, "once", by="me", now=clock.now)
    name = list_keys(context.engine)[0].id
    revoke_key(context.engine, name, by="me", now=clock.now)
    with pytest.raises(KeyRefused, match="no valid key has the id"):
        revoke_key(context.engine, name, by="me", now=clock.now)

    assert not list_keys(context.engine)[0].is_valid(clock.now + timedelta(days=1))


def test_keys_of_one_account_belong_together_and_others_stand_alone(context: AppContext, clock):
    def account_of(owner: str, account: str | None = None) -> str:
        key = create_key(
            context.engine, Role.ADVERTISER, owner, by="me", now=clock.now, account=account
        )
        found = find_key(context.engine, key)
        assert found is not None
        return found.account

    first, second = account_of("Acme"), account_of("Acme")
    assert first != second
    assert account_of("Acme, new key", first) == first
    assert account_of("Acme", "acme") == account_of("Acme's agency", "acme") == "acme"


@pytest.mark.parametrize("account", ["", "Acme", "-acme", "a b", "acme\n", "a" * 41, "é"])
def test_an_account_is_a_plain_word(context: AppContext, clock, account: str):
    with pytest.raises(KeyRefused, match="lower-case letters"):
        create_key(context.engine, Role.ADVERTISER, "Acme", by="me", now=clock.now, account=account)


def test_making_and_revoking_a_key_is_entered_and_a_refusal_is_not(context: AppContext, clock):
    create_key(context.engine, Role.SALES, "context 4", by="ann", now=clock.now)
    name = list_keys(context.engine)[0].id
    revoke_key(context.engine, name, by="bob", now=clock.now)
    with pytest.raises(KeyRefused):
        revoke_key(context.engine, name, by="eve", now=clock.now)

    with database.reading(context.engine) as connection:
        found = [(one.actor, one.action, one.object) for one in read_entries(connection)]
    assert found == [("ann", "key.create", name), ("bob", "key.revoke", name)]
