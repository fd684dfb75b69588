"""Users have one address each, and the roles that the kind of their account allows."""

import pytest

from cloud.auth import audit
from cloud.auth.accounts.account import AccountError
from cloud.auth.accounts.account_store import close_account
from cloud.auth.keys import Role
from cloud.auth.users.user import UnknownUserError, UserError
from cloud.auth.users.user_store import (
    UserExistsError,
    create_user,
    disable_user,
    find_by_email,
    list_users,
    read_user,
    require_user,
    set_roles,
)
from tests.cloud.auth.users.conftest import NOW

BY = {"by": "ann", "now": NOW}


def test_a_user_is_found_by_address_in_any_spelling(people, connection):
    assert find_by_email(connection, "bob@acme.example") == people.bob
    assert read_user(connection, people.bob.id) == people.bob
    assert read_user(connection, "0" * 32) is None
    assert {one.name for one in list_users(connection)} == {"Ann", "Bob"}
    assert [one.name for one in list_users(connection, "acme")] == ["Bob"]
    with pytest.raises(UnknownUserError, match="no user 'x'"):
        require_user(connection, "x")


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"email": " BOB@Acme.example "}, UserExistsError, "has this e-mail address"),
        ({"email": "nobody"}, AccountError, "e-mail address"),
        ({"name": ""}, AccountError, "printable"),
        ({"roles": ()}, UserError, "no role"),
        ({"roles": (Role.ADVERTISER, Role.ADMIN)}, UserError, "of kind advertiser"),
        ({"roles": (Role.AGENCY,)}, UserError, "of kind advertiser"),
        (
            {"account": "owner", "roles": (Role.SALES,), "manages_users": True},
            UserError,
            "role admin manages users",
        ),
        ({"account": "owner", "roles": (Role.ADVERTISER,)}, UserError, "of kind media_owner"),
    ],
)
def test_a_user_that_cannot_be_stored_is_refused(people, connection, change, error, sentence):
    good = {
        "account": "acme", "email": "eve@acme.example", "name": "Eve", "roles": (Role.ADVERTISER,),
    }  # fmt: skip
    with pytest.raises(error, match=sentence):
        create_user(connection, **{**good, **change}, **BY)


def test_roles_are_replaced_within_the_kind_of_the_account(people, connection):
    wanted = {Role.SALES, Role.FINANCE}
    changed = set_roles(connection, people.ann.id, wanted, manages_users=False, **BY)

    assert changed.roles == wanted
    with pytest.raises(UserError, match="admin: a user of an account of kind advertiser"):
        set_roles(connection, people.bob.id, {Role.ADMIN}, manages_users=True, **BY)


def test_a_disabled_user_and_a_closed_account_stay_readable(people, connection):
    assert disable_user(connection, people.bob.id, **BY).disabled_at == NOW
    with pytest.raises(UserError, match="disabled already"):
        disable_user(connection, people.bob.id, **BY)
    close_account(connection, "acme", **BY)
    with pytest.raises(UserError, match="closed"):
        create_user(
            connection, account="acme", email="e@f.example", name="E", roles={Role.ADVERTISER}, **BY
        )


def test_the_log_has_no_address_and_no_hash(people, connection):
    entries = [*audit.read_entries(connection)]

    assert {"user.create", "user.set_password"} <= {one.action for one in entries}
    text = "".join(one.details for one in entries)
    assert "bob@" not in text
    assert "argon2" not in text
