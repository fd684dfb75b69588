"""Single-use tokens that are sent by e-mail: to reset a password, or to accept an invitation.

A token has 256 random bits and is stored as a digest. It is valid once, until it expires, and until
a newer token of the same user is sent.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, Connection, Index, String, Table, delete, insert, select

from cloud import database
from cloud.auth.users.user_store import users


class TokenPurpose(StrEnum):
    """What a token allows."""

    RESET = "reset"
    INVITATION = "invitation"


VALID_FOR: Final = {
    TokenPurpose.RESET: timedelta(minutes=30),
    TokenPurpose.INVITATION: timedelta(days=7),
}

user_tokens = Table(
    "user_tokens",
    database.metadata,
    Column("digest", String(64), primary_key=True),
    Column("user", String(32), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("created_at", database.Instant, nullable=False),
    Column("expires_at", database.Instant, nullable=False),
    Index("ix_user_tokens_user", "user"),
)


class TokenError(ValueError):
    """A token that was used, has expired, or never existed: which of them is not said."""

    def __init__(self) -> None:
        super().__init__("this link was used or has expired: ask for a new one")


def issue_token(connection: Connection, user: str, purpose: TokenPurpose, now: datetime) -> str:
    """Store a token of a user and return it; earlier ones of the user are not valid any more."""
    delete_tokens_of(connection, user)
    token = secrets.token_urlsafe(32)
    row = {"digest": _digest(token), "user": user, "purpose": purpose, "created_at": now}
    connection.execute(insert(user_tokens).values({**row, "expires_at": now + VALID_FOR[purpose]}))
    return token


def read_token(connection: Connection, token: str, now: datetime) -> str:
    """The user of a valid token, which stays valid; raises TokenError."""
    wanted = (
        select(user_tokens.c.user)
        .join(users, users.c.id == user_tokens.c.user)
        .where(
            user_tokens.c.digest == _digest(token),
            user_tokens.c.expires_at > now,
            users.c.disabled_at.is_(None),
        )
    )
    user: str | None = connection.execute(wanted).scalar_one_or_none()
    if user is None:
        raise TokenError
    return user


def redeem_token(connection: Connection, token: str, now: datetime) -> tuple[str, TokenPurpose]:
    """Use a token up: its user and its purpose; raises TokenError.

    Two transactions cannot both delete the row, so that a token works once.
    """
    user = read_token(connection, token, now)
    this = user_tokens.c.digest == _digest(token)
    used = connection.execute(delete(user_tokens).where(this).returning(user_tokens.c.purpose))
    purpose = used.scalar_one_or_none()
    if purpose is None:
        raise TokenError
    return user, TokenPurpose(purpose)


def delete_tokens_of(connection: Connection, user: str) -> None:
    """No token of the user is valid any more."""
    connection.execute(delete(user_tokens).where(user_tokens.c.user == user))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
