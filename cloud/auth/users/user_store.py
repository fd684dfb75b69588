"""The table of users. Every change is recorded in the audit log in its transaction.

The log has no e-mail address, only a fingerprint of it, since an entry can never be removed.

Who manages the users of one account must not learn which addresses users of other accounts have. So
an invitation to such an address is stored as any other, but no one can sign in with it: the column
`email`, which is compared, has no address.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    String,
    Table,
    Text,
    and_,
    insert,
    or_,
    select,
    update,
)

from cloud import database
from cloud.auth import audit
from cloud.auth.accounts.account import MAX_EMAIL, MAX_NAME, validate_line
from cloud.auth.accounts.account_store import require_account
from cloud.auth.keys import MAX_ACCOUNT, Role
from cloud.auth.users.password import hash_fingerprint
from cloud.auth.users.user import (
    UnknownUserError,
    User,
    UserError,
    normalise_email,
    validate_roles,
)

CREATE: Final = "user.create"
SET_ROLES: Final = "user.set_roles"
DISABLE: Final = "user.disable"
SET_PASSWORD: Final = "user.set_password"  # noqa: S105 - the name of an action
BIND_OPENID: Final = "user.bind_openid"

users = Table(
    "users",
    database.metadata,
    Column("id", String(32), primary_key=True),
    Column("email", String(MAX_EMAIL), nullable=False, unique=True),  # normalised
    Column("shown_email", String(MAX_EMAIL)),  # where a user of another account has the address
    Column("name", String(MAX_NAME), nullable=False),
    Column("account", String(MAX_ACCOUNT), nullable=False),
    Column("roles", String(120), nullable=False),  # JSON
    Column("manages_users", Boolean, nullable=False),
    Column("password_hash", Text),  # null: none was set yet
    Column("openid_subject", String(64), unique=True),  # digest of issuer and subject
    Column("created_at", database.Instant, nullable=False),
    Column("disabled_at", database.Instant),
    Index("ix_users_account", "account"),
)


class UserExistsError(UserError):
    """An e-mail address that a user has already."""


def create_user(
    connection: Connection,
    *,
    account: str,
    email: str,
    name: str,
    roles: Collection[Role],
    manages_users: bool = False,
    reveals: bool = True,
    by: str,
    now: datetime,
) -> User:
    """Store a user without a password.

    Without `reveals`, a user who cannot sign in is stored where one of another account has the
    address.

    Raises:
        UserExistsError: a user has the address.
        UserError, AccountError, UnknownAccountError: what was given cannot be stored.
    """
    address = normalise_email(email)
    validate_line("name", name)
    owner = require_account(connection, account)
    if not owner.is_open:
        raise UserError(f"account {account!r} is closed: it gets no new user")
    validate_roles(owner.kind, roles, manages_users=manages_users)
    is_taken = _find_taken(connection, account, address, reveals=reveals)
    user = secrets.token_hex(16)
    row = {
        "id": user,
        "email": hidden_email(user) if is_taken else address,
        "shown_email": address if is_taken else None,
        "name": name,
        "account": account,
        "roles": encode_roles(roles),
        "manages_users": manages_users,
        "created_at": now,
    }
    connection.execute(insert(users).values(row))
    details = {
        "account": account,
        "name": name,
        "roles": sorted(roles),
        "manages_users": manages_users,
        "email": email_fingerprint(user, address),
    }
    _record(connection, CREATE, user, details, by, now)
    return require_user(connection, user)


def read_user(connection: Connection, user: str) -> User | None:
    """The user with this id, also when disabled; None without one."""
    return _read(connection, users.c.id == user)


def require_user(connection: Connection, user: str) -> User:
    """The user with this id, also when disabled; raises UnknownUserError."""
    found = read_user(connection, user)
    if found is None:
        raise unknown_user(user)
    return found


def unknown_user(user: str) -> UnknownUserError:
    """The error for an id without a user, and for one that the caller may not see."""
    return UnknownUserError(f"no user {user[:32]!r}: GET /api/users lists them")


def find_by_email(connection: Connection, address: str) -> User | None:
    """The user with this normalised address; None without one."""
    return _read(connection, users.c.email == address)


def list_users(
    connection: Connection, account: str | None = None, *, after: str = "", limit: int = 10_000
) -> Sequence[User]:
    """Users of one account, or all, in the order of their ids."""
    wanted = select(users).where(users.c.id > after).order_by(users.c.id).limit(limit)
    if account is not None:
        wanted = wanted.where(users.c.account == account)
    return [_to_user(row) for row in connection.execute(wanted).mappings()]


def set_roles(
    connection: Connection,
    user: str,
    roles: Collection[Role],
    *,
    manages_users: bool,
    by: str,
    now: datetime,
) -> User:
    """Replace the roles of a user; raises UserError for a role that the account does not allow."""
    found = require_user(connection, user)
    kind = require_account(connection, found.account).kind
    validate_roles(kind, roles, manages_users=manages_users)
    values = {"roles": encode_roles(roles), "manages_users": manages_users}
    connection.execute(update(users).where(users.c.id == user).values(values))
    details = {"roles": sorted(roles), "manages_users": manages_users}
    _record(connection, SET_ROLES, user, details, by, now)
    return require_user(connection, user)


def disable_user(connection: Connection, user: str, *, by: str, now: datetime) -> User:
    """Disable a user for good; raises UserError where that was done before."""
    if require_user(connection, user).disabled_at is not None:
        raise UserError("this user is disabled already")
    connection.execute(update(users).where(users.c.id == user).values(disabled_at=now))
    _record(connection, DISABLE, user, {}, by, now)
    return require_user(connection, user)


def read_password_hash(connection: Connection, user: str) -> str | None:
    """The stored hash of a user's password."""
    wanted = select(users.c.password_hash).where(users.c.id == user)
    return connection.execute(wanted).scalar_one_or_none()


def store_password_hash(
    connection: Connection, user: str, password_hash: str, *, reason: str, by: str, now: datetime
) -> None:
    """Store another hash; the reason is in the log, such as `reset` or `changed`."""
    values = {"password_hash": password_hash}
    connection.execute(update(users).where(users.c.id == user).values(values))
    details = {"reason": reason, "fingerprint": hash_fingerprint(password_hash)}
    _record(connection, SET_PASSWORD, user, details, by, now)


def email_fingerprint(user: str, address: str) -> str:
    """Reveals a replaced address; without the random id of the user it cannot be guessed."""
    return hashlib.sha256(f"{user} {address}".encode()).hexdigest()[:16]


def encode_roles(roles: Collection[str]) -> str:
    """Roles as the column has them."""
    return msgspec.json.encode(sorted(map(str, roles))).decode()


def decode_roles(written: str) -> frozenset[Role]:
    """The roles of the column."""
    return frozenset(map(Role, msgspec.json.decode(written, type=list[str])))


def hidden_email(user: str) -> str:
    """What the column `email` has for a user who cannot sign in: no address."""
    return f"user {user}"


def _find_taken(connection: Connection, account: str, address: str, *, reveals: bool) -> bool:
    """Whether a user of another account has an address; raises UserExistsError."""
    wanted = select(users.c.account).where(
        or_(
            users.c.email == address,
            and_(users.c.account == account, users.c.shown_email == address),
        )
    )
    found = set(connection.execute(wanted).scalars())
    if account in found or (found and reveals):
        raise UserExistsError("a user has this e-mail address already: change that user instead")
    return bool(found)


def _read(connection: Connection, condition: Any) -> User | None:
    row = connection.execute(select(users).where(condition)).mappings().one_or_none()
    return None if row is None else _to_user(row)


def _to_user(row: Any) -> User:
    same = ("id", "name", "account", "manages_users", "created_at", "disabled_at")
    return User(
        email=row["shown_email"] or row["email"],
        can_sign_in=row["shown_email"] is None,
        roles=decode_roles(row["roles"]),
        has_password=row["password_hash"] is not None,
        **{name: row[name] for name in same},
    )


def _record(
    connection: Connection, action: str, user: str, details: dict[str, Any], by: str, now: datetime
) -> None:
    audit.record_change(connection, at=now, actor=by, action=action, about=user, details=details)
