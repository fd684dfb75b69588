"""The kind of an account decides which roles its users may have."""

import pytest

from cloud.auth.accounts.account import AccountKind
from cloud.auth.keys import Role
from cloud.auth.users.user import ROLES_OF, UserError, normalise_email, validate_roles


def test_every_role_belongs_to_one_kind_of_account():
    assert sorted(role for roles in ROLES_OF.values() for role in roles) == sorted(Role)
    assert set(ROLES_OF) == set(AccountKind)


@pytest.mark.parametrize("kind", AccountKind)
@pytest.mark.parametrize("role", Role)
def test_nobody_outside_the_media_owner_is_staff(kind: AccountKind, role: Role):
    if role in ROLES_OF[kind]:
        validate_roles(kind, {role})
    else:
        with pytest.raises(UserError, match=f"a user of an account of kind {kind}"):
            validate_roles(kind, ROLES_OF[kind] | {role})


def test_an_address_has_one_form():
    assert normalise_email(" Ann.Lee@Example.ORG ") == "ann.lee@example.org"
