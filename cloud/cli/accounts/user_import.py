"""Users from CSV, with their passwords: all of the file, or none.

The columns are `account,email,name,role,password`. `users import` reads them from standard input,
so that no password is an argument, which other users of the machine could see.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from cloud import database
from cloud.auth.accounts.account import AccountError
from cloud.auth.accounts.account_store import UnknownAccountError
from cloud.auth.keys import Role
from cloud.auth.users.password import PasswordError, validate_password
from cloud.auth.users.password_change import replace_password
from cloud.auth.users.user import UserError, normalise_email
from cloud.auth.users.user_store import create_user

COLUMNS: Final = ("account", "email", "name", "role", "password")
REFUSED: Final = (AccountError, UnknownAccountError, PasswordError, UserError)


class UserImportError(ValueError):
    """A file of users that is refused; the message has the line, and what to write."""


@dataclass(frozen=True, slots=True)
class ImportedUser:
    """A line of the file, with the hash of its password."""

    line: int
    account: str
    email: str
    name: str
    role: Role
    password_hash: str


def read_users(lines: Iterable[str], hash_password: Callable[[str], str]) -> list[ImportedUser]:
    """The users of a file; raises UserImportError."""
    rows = csv.reader(lines, strict=True)
    try:
        if tuple(next(rows, ())) != COLUMNS:
            raise UserImportError(f"the first line is not {','.join(COLUMNS)}: write these columns")
        return [_read_user(rows.line_num, row, hash_password) for row in rows]
    except csv.Error as error:
        raise UserImportError(f"line {rows.line_num}: not CSV: {error}") from None


def store_users(engine: Engine, users: Iterable[ImportedUser], by: str, now: datetime) -> list[str]:
    """Create all users in one transaction; their ids. Raises UserImportError."""
    with database.writing(engine) as connection:
        ids = []
        for one in users:
            try:
                user = create_user(
                    connection, account=one.account, email=one.email, name=one.name,
                    roles=frozenset({one.role}), manages_users=False, by=by, now=now,
                )  # fmt: skip
            except REFUSED as refused:
                raise UserImportError(f"line {one.line}: {refused}") from None
            replace_password(connection, user, one.password_hash, "created", by, now)
            ids.append(user.id)
    return ids


def _read_user(line: int, row: list[str], hash_password: Callable[[str], str]) -> ImportedUser:
    if len(row) != len(COLUMNS):
        raise UserImportError(f"line {line}: {len(row)} columns, expected {','.join(COLUMNS)}")
    account, email, name, role, password = row
    if role not in set(Role):
        raise UserImportError(f"line {line}: {role!r} is no role: write one of {', '.join(Role)}")
    try:
        validate_password(password, normalise_email(email))
    except REFUSED as refused:
        raise UserImportError(f"line {line}: {refused}") from None
    return ImportedUser(line, account, email, name, Role(role), hash_password(password))
