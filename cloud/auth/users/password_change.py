"""Setting a password: the first one, another one, or one after a reset.

Every change ends all sessions of the user and all tokens that were sent. A caller who changes the
password gets a new session.
"""

from datetime import datetime

from sqlalchemy import Connection, Engine

from cloud import database
from cloud.auth.users.password import PasswordError, Passwords, validate_password
from cloud.auth.users.sessions import end_sessions_of
from cloud.auth.users.sign_in import open_session
from cloud.auth.users.tokens import TokenPurpose, delete_tokens_of, read_token, redeem_token
from cloud.auth.users.user import User
from cloud.auth.users.user_store import read_password_hash, require_user, store_password_hash


class WrongPasswordError(PasswordError):
    """The present password was not the one that was sent."""


def change_password(
    engine: Engine, passwords: Passwords, user: str, present: str, wanted: str, now: datetime
) -> str:
    """Replace the password of a signed-in user; the token of the session that starts.

    Raises:
        WrongPasswordError: the present password is another one.
        PasswordError: the wanted password is too weak.
    """
    with database.reading(engine) as connection:
        found, stored = require_user(connection, user), read_password_hash(connection, user)
    if not passwords.verify(stored, present):
        raise WrongPasswordError("the present password is not right")
    validate_password(wanted, found.email)
    hashed = passwords.hash(wanted)
    with database.writing(engine) as connection:
        if read_password_hash(connection, user) != stored:
            raise WrongPasswordError("the password was changed by another request meanwhile")
        replace_password(connection, found, hashed, "changed", found.label, now)
        return open_session(connection, user, "password", now)


def set_password_by_token(
    engine: Engine, passwords: Passwords, token: str, wanted: str, now: datetime
) -> User:
    """Set the password of the user who has the token; the token is used up.

    A weak password leaves the token valid, so that the user can choose another one.

    Raises:
        TokenError: the token was used, has expired, or never existed.
        PasswordError: the password is too weak.
    """
    with database.reading(engine) as connection:
        found = require_user(connection, read_token(connection, token, now))
    validate_password(wanted, found.email)
    hashed = passwords.hash(wanted)
    with database.writing(engine) as connection:
        _, purpose = redeem_token(connection, token, now)
        reason = "invitation" if purpose is TokenPurpose.INVITATION else "reset"
        replace_password(connection, found, hashed, reason, found.label, now)
    return found


def replace_password(
    connection: Connection, user: User, hashed: str, reason: str, by: str, now: datetime
) -> None:
    """Store the hash of a new password; every session and token of the user ends."""
    store_password_hash(connection, user.id, hashed, reason=reason, by=by, now=now)
    end_sessions_of(connection, user.id)
    delete_tokens_of(connection, user.id)
