"""An identity signs in the user to whom it was bound by address the first time."""

from dataclasses import replace

import pytest

from cloud.auth.audit_comparisons import compare_with_log
from cloud.auth.openid.id_token import Identity
from cloud.auth.openid.openid_sign_in import sign_in_identity
from cloud.auth.users.audit_comparison import UserComparison
from cloud.auth.users.sign_in import SignInOutcome
from cloud.auth.users.user_store import disable_user
from cloud.database import reading, writing
from tests.cloud.auth.users.conftest import NOW, people

__all__ = ["people"]
BOB = Identity("https://id.example", "subject 1", "Bob@acme.example")


def test_after_the_first_sign_in_only_the_subject_counts(people):
    first = sign_in_identity(people.engine, BOB, NOW)
    assert (first.outcome, first.user) == (SignInOutcome.SIGNED_IN, people.bob.id)

    moved = sign_in_identity(people.engine, replace(BOB, email="ann@owner.example"), NOW)
    assert moved.user == people.bob.id
    other = sign_in_identity(people.engine, replace(BOB, subject="subject 2"), NOW)
    assert (other.outcome, other.token) == (SignInOutcome.UNKNOWN_USER, None)
    elsewhere = sign_in_identity(people.engine, replace(BOB, issuer="https://x.example"), NOW)
    assert elsewhere.token is None
    with reading(people.engine) as connection:
        assert compare_with_log(connection, NOW, [UserComparison()]) == []


@pytest.mark.parametrize("email", [None, "nobody@acme.example", "no address"])
def test_an_identity_without_an_invited_user_creates_none(people, email):
    found = sign_in_identity(people.engine, replace(BOB, email=email), NOW)
    assert (found.outcome, found.user) == (SignInOutcome.UNKNOWN_USER, None)


def test_a_disabled_user_does_not_sign_in(people):
    with writing(people.engine) as connection:
        disable_user(connection, people.bob.id, by="ann", now=NOW)
    found = sign_in_identity(people.engine, BOB, NOW)
    assert (found.outcome, found.token) == (SignInOutcome.NOT_ALLOWED, None)
