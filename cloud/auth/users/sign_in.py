"""Sign-in with a password. A failed one takes the same time whatever was wrong.

The hash is verified outside of any transaction, and compared again in the one that starts the
session: a password that was changed meanwhile starts none.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Engine, select

from cloud import database
from cloud.auth import audit
from cloud.auth.accounts.account import AccountError
from cloud.auth.accounts.account_store import accounts
from cloud.auth.users.password import Passwords
from cloud.auth.users.sessions import end_session, start_session
from cloud.auth.users.user import normalise_email
from cloud.auth.users.user_store import (
    read_password_hash,
    require_user,
    store_password_hash,
    users,
)

SIGN_IN: Final = "user.sign_in"
SIGN_OUT: Final = "user.sign_out"


class SignInOutcome(StrEnum):
    """How a sign-in ended; only the log and the counters distinguish the failures."""

    SIGNED_IN = "signed_in"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - an outcome
    UNKNOWN_USER = "unknown_user"
    NOT_ALLOWED = "not_allowed"  # the user or the account is disabled
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - of an OpenID provider


@dataclass(frozen=True, slots=True)
class SignInResult:
    """The outcome, the user if the address has one, and the token of the session that started."""

    outcome: SignInOutcome
    user: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    user: str
    password_hash: str | None
    is_allowed: bool


def sign_in(
    engine: Engine, passwords: Passwords, email: str, password: str, now: datetime
) -> SignInResult:
    """Verify a password and start a session with a new token."""
    with database.reading(engine) as connection:
        candidate = _find_candidate(connection, email)
    stored = None if candidate is None else candidate.password_hash
    is_right = passwords.verify(stored, password)
    if candidate is None:
        return SignInResult(SignInOutcome.UNKNOWN_USER)
    if not is_right:
        return SignInResult(SignInOutcome.WRONG_PASSWORD, candidate.user)
    if not candidate.is_allowed:
        return SignInResult(SignInOutcome.NOT_ALLOWED, candidate.user)
    assert stored is not None
    renewed = passwords.hash(password) if passwords.is_outdated(stored) else None
    with database.writing(engine) as connection:
        if read_password_hash(connection, candidate.user) != stored:
            return SignInResult(SignInOutcome.WRONG_PASSWORD, candidate.user)
        label = require_user(connection, candidate.user).label
        if renewed is not None:
            store_password_hash(
                connection, candidate.user, renewed, reason="new parameters", by=label, now=now
            )
        token = open_session(connection, candidate.user, "password", now)
    return SignInResult(SignInOutcome.SIGNED_IN, candidate.user, token)


def open_session(connection: Connection, user: str, method: str, now: datetime) -> str:
    """Start a session after the identity was verified, with its entry in the log."""
    label = require_user(connection, user).label
    token = start_session(connection, user, now)
    details = {"method": method}
    audit.record_change(
        connection, at=now, actor=label, action=SIGN_IN, about=user, details=details
    )
    return token


def sign_out(engine: Engine, token: str, user: str, name: str, now: datetime) -> None:
    """End one session."""
    with database.writing(engine) as connection:
        if end_session(connection, token):
            audit.record_change(
                connection, at=now, actor=name, action=SIGN_OUT, about=user, details={}
            )


def _find_candidate(connection: Connection, email: str) -> _Candidate | None:
    try:
        address = normalise_email(email)
    except AccountError:
        return None
    columns = (users.c.id, users.c.password_hash, users.c.disabled_at, accounts.c.closed_at)
    wanted = select(*columns).join_from(users, accounts, accounts.c.id == users.c.account)
    row = connection.execute(wanted.where(users.c.email == address)).one_or_none()
    if row is None:
        return None
    return _Candidate(row.id, row.password_hash, row.disabled_at is None and row.closed_at is None)
