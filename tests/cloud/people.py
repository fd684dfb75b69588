"""Accounts and users of tests. Hashes have cheap parameters, which only tests inject."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.auth.accounts.account import Account, AccountKind, AccountProfile
from cloud.auth.accounts.account_store import create_account
from cloud.auth.keys import Role
from cloud.auth.users.password import Passwords
from cloud.auth.users.user import User
from cloud.auth.users.user_store import create_user, require_user, store_password_hash

CHEAP = Passwords(passes=1, memory_kib=8, lanes=1)
PASSWORD = "correct horse battery"
_HASH = CHEAP.hash(PASSWORD)
ROLE_OF = {
    AccountKind.MEDIA_OWNER: Role.ADMIN,
    AccountKind.AGENCY: Role.AGENCY,
    AccountKind.ADVERTISER: Role.ADVERTISER,
}


def add_account(
    connection: Connection,
    name: str,
    now: datetime,
    kind: AccountKind = AccountKind.ADVERTISER,
    agency: str | None = None,
) -> Account:
    profile = AccountProfile(id=name, name=name.title(), kind=kind, agency=agency)
    return create_account(connection, profile, by="a test", now=now)


def add_user(
    connection: Connection,
    account: Account,
    name: str,
    now: datetime,
    *roles: Role,
    manages_users: bool = False,
    password_hash: str | None = _HASH,
) -> User:
    """A user `name@ACCOUNT.example` with the password `PASSWORD`, or without one."""
    user = create_user(
        connection,
        account=account.id,
        email=f"{name}@{account.id}.example",
        name=name.title(),
        roles=roles or (ROLE_OF[account.kind],),
        manages_users=manages_users,
        by="a test",
        now=now,
    )
    if password_hash is not None:
        store_password_hash(connection, user.id, password_hash, reason="test", by="a test", now=now)
    return require_user(connection, user.id)
