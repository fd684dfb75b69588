"""Passwords are hashed with argon2id, and weak ones are refused."""

import pytest

from cloud.auth.users.password import PasswordError, Passwords, validate_password
from tests.cloud.people import CHEAP


def test_a_hash_names_argon2id_and_its_parameters_of_rfc_9106():
    stored = Passwords().hash("correct horse battery")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert CHEAP.is_outdated(stored)
    assert not Passwords().is_outdated(stored)


def test_a_password_is_verified_by_its_hash_alone():
    stored = CHEAP.hash("correct horse battery")

    assert stored != CHEAP.hash("correct horse battery")
    assert CHEAP.verify(stored, "correct horse battery")
    assert not CHEAP.verify(stored, "correct horse batterz")
    assert not CHEAP.verify("no hash", "correct horse battery")
    assert Passwords(passes=2, memory_kib=8, lanes=1).verify(stored, "correct horse battery")


def test_letters_that_keyboards_write_in_two_ways_are_the_same():
    assert CHEAP.verify(CHEAP.hash("caf\u00e9 at the corner"), "cafe\u0301 at the corner")


def test_without_a_user_a_hash_of_the_same_parameters_is_verified():
    stored = CHEAP.hash("correct horse battery")
    assert CHEAP.dummy.rpartition("$")[0][:-22] == stored.rpartition("$")[0][:-22]
    assert len(CHEAP.dummy) == len(stored)
    assert not CHEAP.is_outdated(CHEAP.dummy)
    assert not CHEAP.verify(None, "correct horse battery")


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "has 5 characters"),
        ("x" * 201, "has 201 characters"),
        ("abababababab", "6 different"),
        ("my ann.lee and me", "e-mail address"),
        ("ANN.LEE@acme.example", "e-mail address"),
    ],
)
def test_a_weak_password_is_refused(password: str, sentence: str):
    with pytest.raises(PasswordError, match=sentence) as refused:
        validate_password(password, "ann.lee@acme.example")
    assert password not in str(refused.value)
    validate_password("correct horse battery", "ann.lee@acme.example")
