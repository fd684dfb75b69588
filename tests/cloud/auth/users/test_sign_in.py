"""A right password starts a session; every other one takes the same steps and starts none."""

from dataclasses import dataclass, field

import pytest

from cloud.auth import audit
from cloud.auth.accounts.account_store import close_account
from cloud.auth.users.password import Passwords
from cloud.auth.users.sessions import find_session
from cloud.auth.users.sign_in import SignInOutcome, sign_in, sign_out
from cloud.auth.users.user_store import disable_user, read_password_hash, store_password_hash
from cloud.database import reading, writing
from tests.cloud.auth.users.conftest import NOW
from tests.cloud.people import CHEAP, PASSWORD

BOB = "bob@acme.example"


@dataclass(frozen=True)
class RecordingPasswords(Passwords):
    """Records the hash that each verification computes with."""

    verified: list[str] = field(default_factory=list)

    def verify(self, stored: str | None, password: str) -> bool:
        self.verified.append((stored or self.dummy).rpartition("$")[0].rpartition("$")[0])
        return super().verify(stored, password)


def test_a_sign_in_starts_a_session_with_a_new_token(people):
    first, second = (sign_in(people.engine, CHEAP, "Bob@acme.example", PASSWORD, NOW) for _ in "ab")

    assert first.outcome == SignInOutcome.SIGNED_IN
    assert first.token != second.token
    with reading(people.engine) as connection:
        assert find_session(connection, first.token, NOW).user == people.bob.id


@pytest.mark.parametrize(
    ("email", "password", "outcome"),
    [
        (BOB, "correct horse batterz", SignInOutcome.WRONG_PASSWORD),
        (BOB, "", SignInOutcome.WRONG_PASSWORD),
        ("eve@acme.example", PASSWORD, SignInOutcome.UNKNOWN_USER),
        ("not an address", PASSWORD, SignInOutcome.UNKNOWN_USER),
    ],
)
def test_every_failure_computes_one_hash_with_the_same_parameters(people, email, password, outcome):
    recording = RecordingPasswords(passes=1, memory_kib=8, lanes=1)
    found = sign_in(people.engine, recording, email, password, NOW)

    assert (found.outcome, found.token) == (outcome, None)
    assert recording.verified == ["$argon2id$v=19$m=8,t=1,p=1"]


@pytest.mark.parametrize("what", ["user", "account"])
def test_a_disabled_user_and_a_closed_account_do_not_sign_in(people, what):
    with writing(people.engine) as connection:
        if what == "user":
            disable_user(connection, people.bob.id, by="ann", now=NOW)
        else:
            close_account(connection, "acme", by="ann", now=NOW)

    assert sign_in(people.engine, CHEAP, BOB, PASSWORD, NOW).outcome == SignInOutcome.NOT_ALLOWED
    assert sign_in(people.engine, CHEAP, BOB, "no", NOW).outcome == SignInOutcome.WRONG_PASSWORD


def test_a_user_who_was_invited_has_no_password_yet(people):
    with writing(people.engine) as connection:
        connection.exec_driver_sql("UPDATE users SET password_hash = NULL")
    found = sign_in(people.engine, CHEAP, BOB, PASSWORD, NOW)
    assert found.outcome == SignInOutcome.WRONG_PASSWORD


def test_a_hash_of_other_parameters_is_replaced(people):
    stronger = Passwords(passes=2, memory_kib=16, lanes=1)
    sign_in(people.engine, stronger, BOB, PASSWORD, NOW)

    with reading(people.engine) as connection:
        assert "m=16,t=2" in read_password_hash(connection, people.bob.id)
        assert [*audit.read_entries(connection)][-2].action == "user.set_password"
    assert sign_in(people.engine, CHEAP, BOB, PASSWORD, NOW).token is not None


def test_a_password_that_is_changed_meanwhile_starts_no_session(people):
    class Slow(Passwords):
        def verify(self, stored: str | None, password: str) -> bool:
            with writing(people.engine) as connection:
                store_password_hash(
                    connection, people.bob.id, self.hash("another one"), reason="reset", by="x",
                    now=NOW,
                )  # fmt: skip
            return super().verify(stored, password)

    slow = Slow(passes=1, memory_kib=8, lanes=1)
    assert sign_in(people.engine, slow, BOB, PASSWORD, NOW).token is None


def test_sign_in_and_sign_out_are_audited_without_the_password(people):
    token = sign_in(people.engine, CHEAP, BOB, PASSWORD, NOW).token
    for _ in range(2):
        sign_out(people.engine, token, people.bob.id, people.bob.label, NOW)

    with reading(people.engine) as connection:
        assert find_session(connection, token, NOW) is None
        entries = [*audit.read_entries(connection)][-2:]
    assert [one.action for one in entries] == ["user.sign_in", "user.sign_out"]
    assert all(one.object == people.bob.id and PASSWORD not in one.details for one in entries)
