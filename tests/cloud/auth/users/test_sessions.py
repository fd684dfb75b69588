"""A session ends when it is idle, after a day, with its user and with its account."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cloud.auth.accounts.account import AccountKind
from cloud.auth.accounts.account_store import close_account
from cloud.auth.keys import Role
from cloud.auth.users.sessions import (
    ABSOLUTE,
    IDLE,
    csrf_token,
    end_session,
    end_sessions_of,
    find_session,
    sessions,
    start_session,
    touch_session,
)
from cloud.auth.users.user_store import disable_user, set_roles
from tests.cloud.auth.users.conftest import NOW
from tests.cloud.people import add_account, add_user

SECOND = timedelta(seconds=1)


@pytest.fixture
def token(people, connection) -> str:
    return start_session(connection, people.bob.id, NOW)


def test_a_session_says_who_its_user_is(people, connection, token):
    found = find_session(connection, token, NOW)

    assert (found.user, found.account) == (people.bob.id, "acme")
    assert found.roles == {Role.ADVERTISER}
    assert find_session(connection, token[:-1] + "_", NOW) is None
    assert find_session(connection, "", NOW) is None


def test_an_agency_has_the_accounts_that_it_acts_for(connection):
    media = add_account(connection, "media", NOW, AccountKind.AGENCY)
    add_account(connection, "bolt", NOW, agency="media")
    token = start_session(connection, add_user(connection, media, "cat", NOW).id, NOW)

    assert find_session(connection, token, NOW).clients == {"bolt"}


def test_a_session_ends_when_it_is_idle(connection, token):
    assert find_session(connection, token, NOW + IDLE - SECOND).needs_touch(NOW + IDLE - SECOND)
    assert find_session(connection, token, NOW + IDLE) is None
    touch_session(connection, token, NOW + IDLE - SECOND)
    assert find_session(connection, token, NOW + IDLE) is not None


def test_a_session_ends_after_a_day_however_it_is_used(connection, token):
    touch_session(connection, token, NOW + ABSOLUTE - SECOND)

    assert find_session(connection, token, NOW + ABSOLUTE - SECOND) is not None
    assert find_session(connection, token, NOW + ABSOLUTE) is None


@pytest.mark.parametrize(
    "end",
    [
        lambda connection, user, token: end_session(connection, token),
        lambda connection, user, token: end_sessions_of(connection, user),
        lambda connection, user, token: disable_user(connection, user, by="ann", now=NOW),
        lambda connection, user, token: close_account(connection, "acme", by="ann", now=NOW),
    ],
    ids=["sign-out", "password change", "user disabled", "account closed"],
)
def test_a_session_ends_at_once(people, connection, token, end):
    end(connection, people.bob.id, token)
    assert find_session(connection, token, NOW) is None


def test_other_roles_take_effect_at_once(people, connection):
    token = start_session(connection, people.ann.id, NOW)
    set_roles(connection, people.ann.id, {Role.FINANCE}, manages_users=False, by="eve", now=NOW)
    assert find_session(connection, token, NOW).roles == {Role.FINANCE}


def test_tokens_are_stored_as_digests_and_expired_sessions_are_deleted(people, connection, token):
    later = NOW + ABSOLUTE
    other = start_session(connection, people.ann.id, later)
    stored = connection.execute(select(sessions.c.digest)).scalars().all()

    assert len(stored) == 1
    assert other not in stored
    assert token not in stored


def test_the_token_against_cross_site_requests_is_of_one_session():
    assert csrf_token("a" * 43) == csrf_token("a" * 43) != csrf_token("b" * 43)
