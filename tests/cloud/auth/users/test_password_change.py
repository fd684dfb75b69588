"""A new password ends every session and every token of its user."""

import pytest

from cloud.auth.users.password import PasswordError
from cloud.auth.users.password_change import (
    WrongPasswordError,
    change_password,
    set_password_by_token,
)
from cloud.auth.users.sessions import find_session
from cloud.auth.users.sign_in import sign_in
from cloud.auth.users.tokens import TokenError, TokenPurpose, issue_token
from cloud.database import reading, writing
from tests.cloud.auth.users.conftest import NOW
from tests.cloud.people import CHEAP, PASSWORD

BOB = "bob@acme.example"
OTHER = "seven green bottles"


def send_token(people) -> str:
    with writing(people.engine) as connection:
        return issue_token(connection, people.bob.id, TokenPurpose.RESET, NOW)


def is_valid(people, token: str) -> bool:
    with reading(people.engine) as connection:
        return find_session(connection, token, NOW) is not None


def test_a_change_ends_all_other_sessions_and_tokens(people):
    older = sign_in(people.engine, CHEAP, BOB, PASSWORD, NOW).token
    of_ann = sign_in(people.engine, CHEAP, "ann@owner.example", PASSWORD, NOW).token
    sent = send_token(people)
    newer = change_password(people.engine, CHEAP, people.bob.id, PASSWORD, OTHER, NOW)

    assert [is_valid(people, one) for one in (older, newer, of_ann)] == [False, True, True]
    with pytest.raises(TokenError):
        set_password_by_token(people.engine, CHEAP, sent, OTHER, NOW)
    assert sign_in(people.engine, CHEAP, BOB, PASSWORD, NOW).token is None
    assert sign_in(people.engine, CHEAP, BOB, OTHER, NOW).token is not None


def test_a_change_needs_the_present_password_and_a_strong_one(people):
    with pytest.raises(WrongPasswordError):
        change_password(people.engine, CHEAP, people.bob.id, OTHER, OTHER, NOW)
    with pytest.raises(PasswordError, match="characters"):
        change_password(people.engine, CHEAP, people.bob.id, PASSWORD, "short", NOW)
    assert sign_in(people.engine, CHEAP, BOB, PASSWORD, NOW).token is not None


def test_a_reset_works_once_and_ends_all_sessions(people):
    older = sign_in(people.engine, CHEAP, BOB, PASSWORD, NOW).token
    sent = send_token(people)
    with pytest.raises(PasswordError):
        set_password_by_token(people.engine, CHEAP, sent, "short", NOW)
    assert set_password_by_token(people.engine, CHEAP, sent, OTHER, NOW).email == BOB

    with pytest.raises(TokenError):
        set_password_by_token(people.engine, CHEAP, sent, "nine green bottles", NOW)
    assert not is_valid(people, older)
    assert sign_in(people.engine, CHEAP, BOB, OTHER, NOW).token is not None
