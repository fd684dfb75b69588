"""A user who was changed without the program differs from the audit log."""

import pytest

from cloud.auth.audit_comparisons import compare_with_log
from cloud.auth.keys import Role
from cloud.auth.users.audit_comparison import UserComparison
from cloud.auth.users.user_store import create_user, disable_user, set_roles
from tests.cloud.auth.users.conftest import NOW


def test_what_the_program_wrote_is_what_the_log_records(people, connection):
    set_roles(connection, people.bob.id, {Role.ADVERTISER}, manages_users=True, by="x", now=NOW)
    disable_user(connection, people.bob.id, by="x", now=NOW)
    assert compare_with_log(connection, NOW, [UserComparison()]) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("""UPDATE users SET roles = '["admin"]' WHERE account = 'acme'""", "roles is"),
        ("UPDATE users SET manages_users = 1 WHERE account = 'acme'", "manages_users is"),
        ("UPDATE users SET account = 'owner' WHERE account = 'acme'", "account is owner"),
        ("UPDATE users SET email = 'eve@x.example' WHERE account = 'acme'", "e-mail address"),
        ("UPDATE users SET shown_email = 'eve@x.example' WHERE account = 'acme'", "e-mail address"),
        ("UPDATE users SET password_hash = 'x' WHERE account = 'acme'", "another password"),
        ("UPDATE users SET openid_subject = 'x' WHERE account = 'acme'", "another OpenID identity"),
        ("DELETE FROM users WHERE account = 'acme'", "is missing"),
    ],
)
def test_a_row_that_bypassed_the_program_is_found(people, connection, change, sentence):
    connection.exec_driver_sql(change)
    found = compare_with_log(connection, NOW, [UserComparison()])

    assert len(found) == 1
    assert sentence in found[0]
    assert "eve@" not in found[0]


def test_an_invitation_that_cannot_be_used_is_what_the_log_records(people, connection):
    hidden = create_user(
        connection, account="acme", email=people.ann.email, name="Ann", roles={Role.ADVERTISER},
        reveals=False, by="x", now=NOW,
    )  # fmt: skip
    assert compare_with_log(connection, NOW, [UserComparison()]) == []
    connection.exec_driver_sql(
        "UPDATE users SET shown_email = 'eve@x.example' WHERE id = ?", (hidden.id,)
    )
    (found,) = compare_with_log(connection, NOW, [UserComparison()])
    assert "another e-mail address" in found
