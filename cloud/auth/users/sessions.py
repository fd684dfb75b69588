"""Sessions of signed-in users, in the database: every API process knows them at once.

The cookie holds 256 random bits, the table their digest. A session ends after two hours without a
request, after a day, at sign-out, and when the password changes. Roles are read with every request,
so that a change of them, a disabled user and a closed account take effect at once. The token
against cross-site requests is derived from the session token, so that it is valid for one session
and stored nowhere.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Index, String, Table, delete, insert, select, update

from cloud import database
from cloud.auth.accounts.account_store import accounts, read_clients
from cloud.auth.keys import Role
from cloud.auth.users.user import user_label
from cloud.auth.users.user_store import decode_roles, users

IDLE: Final = timedelta(hours=2)
ABSOLUTE: Final = timedelta(days=1)
TOUCH_EVERY: Final = timedelta(minutes=5)
"""How often the time of the last request is written; the idle time is that much less exact."""
TOKEN_CHARACTERS: Final = 43

sessions = Table(
    "user_sessions",
    database.metadata,
    Column("digest", String(64), primary_key=True),  # of the token in the cookie
    Column("user", String(32), nullable=False),
    Column("created_at", database.Instant, nullable=False),
    Column("used_at", database.Instant, nullable=False),  # at most five minutes old
    Column("expires_at", database.Instant, nullable=False),
    Index("ix_user_sessions_user", "user"),
    Index("ix_user_sessions_expires_at", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class Session:
    """A valid session and what its user may do."""

    user: str
    name: str
    account: str
    roles: frozenset[Role]
    manages_users: bool
    clients: frozenset[str]
    """Accounts that an agency acts for."""
    used_at: datetime
    expires_at: datetime

    @property
    def label(self) -> str:
        """The user in the audit log."""
        return user_label(self.name, self.user)

    def needs_touch(self, now: datetime) -> bool:
        """Whether the time of this request should be stored."""
        return now >= self.used_at + TOUCH_EVERY


def start_session(connection: Connection, user: str, now: datetime) -> str:
    """Store a session and return its token; expired sessions of everybody are deleted."""
    over = (sessions.c.expires_at <= now) | (sessions.c.used_at <= now - IDLE)
    connection.execute(delete(sessions).where(over))
    token = secrets.token_urlsafe(32)
    row = {"digest": _digest(token), "user": user, "created_at": now, "used_at": now}
    connection.execute(insert(sessions).values({**row, "expires_at": now + ABSOLUTE}))
    return token


def find_session(connection: Connection, token: str, now: datetime) -> Session | None:
    """The session of a token; None if it has ended, or the user or account is disabled."""
    if len(token) != TOKEN_CHARACTERS:
        return None
    user, account = users.c, accounts.c
    wanted = (
        select(
            user.id, user.name, user.account, user.roles, user.manages_users,
            sessions.c.used_at, sessions.c.expires_at,
        )
        .join_from(sessions, users, user.id == sessions.c.user)
        .join(accounts, account.id == user.account)
        .where(
            sessions.c.digest == _digest(token), sessions.c.expires_at > now,
            sessions.c.used_at > now - IDLE, user.disabled_at.is_(None),
            account.closed_at.is_(None),
        )
    )  # fmt: skip
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    roles = decode_roles(row.roles)
    clients = read_clients(connection, row.account) if Role.AGENCY in roles else frozenset()
    return Session(
        row.id, row.name, row.account, roles, row.manages_users, clients,
        row.used_at, row.expires_at,
    )  # fmt: skip


def touch_session(connection: Connection, token: str, now: datetime) -> None:
    """Store that the session was used now."""
    this = sessions.c.digest == _digest(token)
    connection.execute(update(sessions).where(this).values(used_at=now))


def end_session(connection: Connection, token: str) -> bool:
    """End one session; whether there was one."""
    ended = connection.execute(delete(sessions).where(sessions.c.digest == _digest(token)))
    return ended.rowcount > 0


def end_sessions_of(connection: Connection, user: str) -> int:
    """End every session of a user; how many there were."""
    return connection.execute(delete(sessions).where(sessions.c.user == user)).rowcount


def csrf_token(session_token: str) -> str:
    """The value that a write with this session's cookie must have in its header."""
    return hmac.new(session_token.encode(), b"onlooker csrf 1", hashlib.sha256).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
