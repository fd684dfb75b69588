"""A token that was sent by e-mail works once, for a limited time, and only the newest."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from cloud.auth.users.tokens import (
    VALID_FOR,
    TokenError,
    TokenPurpose,
    issue_token,
    read_token,
    redeem_token,
    user_tokens,
)
from cloud.auth.users.user_store import disable_user
from tests.cloud.auth.users.conftest import NOW


@pytest.mark.parametrize("purpose", TokenPurpose)
def test_a_token_is_used_once(people, connection, purpose):
    token = issue_token(connection, people.bob.id, purpose, NOW)

    assert read_token(connection, token, NOW) == people.bob.id
    assert redeem_token(connection, token, NOW) == (people.bob.id, purpose)
    with pytest.raises(TokenError, match="ask for a new one"):
        redeem_token(connection, token, NOW)


def test_a_reset_expires_after_half_an_hour(people, connection):
    token = issue_token(connection, people.bob.id, TokenPurpose.RESET, NOW)
    assert VALID_FOR[TokenPurpose.RESET] == timedelta(minutes=30)
    read_token(connection, token, NOW + timedelta(minutes=29))
    with pytest.raises(TokenError):
        redeem_token(connection, token, NOW + timedelta(minutes=30))


def test_only_the_newest_token_of_a_user_is_valid(people, connection):
    older = issue_token(connection, people.bob.id, TokenPurpose.RESET, NOW)
    newer = issue_token(connection, people.bob.id, TokenPurpose.RESET, NOW)
    other = issue_token(connection, people.ann.id, TokenPurpose.RESET, NOW)

    with pytest.raises(TokenError):
        read_token(connection, older, NOW)
    assert read_token(connection, newer, NOW) == people.bob.id
    assert read_token(connection, other, NOW) == people.ann.id
    assert newer not in connection.execute(select(user_tokens.c.digest)).scalars().all()


def test_the_token_of_a_disabled_user_is_not_valid(people, connection):
    token = issue_token(connection, people.bob.id, TokenPurpose.RESET, NOW)
    disable_user(connection, people.bob.id, by="ann", now=NOW)
    with pytest.raises(TokenError):
        redeem_token(connection, token, NOW)
