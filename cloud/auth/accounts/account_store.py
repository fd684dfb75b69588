"""The table of accounts. Every change is recorded in the audit log in its transaction.

An account is never deleted: invoices and orders name it. A closed account cannot sign in, and its
API keys are not valid any more.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    insert,
    or_,
    select,
    update,
)

from cloud import database
from cloud.auth import audit
from cloud.auth.accounts.account import (
    MAX_EMAIL,
    MAX_NAME,
    Account,
    AccountError,
    AccountKind,
    AccountProfile,
    validate_profile,
)
from cloud.auth.keys import MAX_ACCOUNT

CREATE: Final = "account.create"
CHANGE: Final = "account.change"
CLOSE: Final = "account.close"

accounts = Table(
    "accounts",
    database.metadata,
    Column("id", String(MAX_ACCOUNT), primary_key=True),
    Column("name", String(MAX_NAME), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("agency", String(MAX_ACCOUNT)),  # account that acts for this one
    Column("currency", String(3), nullable=False),
    Column("country", String(2), nullable=False),
    Column("vat_number", String(20)),
    Column("address", Text, nullable=False),  # JSON: lines
    Column("billing_email", String(MAX_EMAIL)),
    Column("commission_bp", Integer, nullable=False),
    Column("credit_limit_minor", BigInteger, nullable=False),
    Column("created_at", database.Instant, nullable=False),
    Column("closed_at", database.Instant),
    Index("ix_accounts_agency", "agency"),
)


_BY_ID: Final = select(accounts).where(accounts.c.id == bindparam("account"))
_LOCKED_BY_ID: Final = _BY_ID.with_for_update()


class AccountExistsError(AccountError):
    """An id that is taken."""


class UnknownAccountError(LookupError):
    """No account with that id is visible to the caller."""


def read_account(connection: Connection, account: str, *, lock: bool = False) -> Account | None:
    """The account with this id, open or closed, until the end of the transaction with `lock`."""
    found = connection.execute(_LOCKED_BY_ID if lock else _BY_ID, {"account": account})
    row = found.mappings().one_or_none()
    return None if row is None else _to_account(row)


def require_account(connection: Connection, account: str, *, lock: bool = False) -> Account:
    """The same; raises UnknownAccountError."""
    found = read_account(connection, account, lock=lock)
    if found is None:
        raise unknown_account(account)
    return found


def unknown_account(account: str) -> UnknownAccountError:
    """The error for an id without an account, and for one that the caller may not see."""
    return UnknownAccountError(
        f"no account {account[:MAX_ACCOUNT]!r}: GET /api/accounts lists them"
    )


def create_account(
    connection: Connection, profile: AccountProfile, *, by: str, now: datetime
) -> Account:
    """Store a new account; raises AccountError for a field, AccountExistsError for its id."""
    validate_profile(profile)
    if read_account(connection, profile.id) is not None:
        raise AccountExistsError(f"there is an account {profile.id!r} already: choose another id")
    if profile.agency is not None:
        _require_agency(connection, profile.agency)
    created = Account(**asdict(profile), created_at=now)
    connection.execute(insert(accounts).values(_to_row(created)))
    audit.record_change(
        connection, at=now, actor=by, action=CREATE, about=created.id, details=asdict(profile)
    )
    return created


def change_account(
    connection: Connection, profile: AccountProfile, *, by: str, now: datetime
) -> Account:
    """Store another profile of an account; the entry in the audit log has all of it.

    Prices, postings and the credit limit are in the currency of the account, and the roles of its
    users depend on its kind, so these two stay. Orders keep the agency and the commission that they
    were placed with.

    Raises:
        UnknownAccountError: there is no account with that id.
        AccountError: a field is not valid, or the currency or the kind is another one.
    """
    before = require_account(connection, profile.id, lock=True)
    validate_profile(profile)
    if (profile.kind, profile.currency) != (before.kind, before.currency):
        raise AccountError(
            f"account {profile.id!r} is of kind {before.kind} with amounts in {before.currency}, "
            "which never change: create another account"
        )
    if profile.agency is not None and profile.agency != before.agency:
        _require_agency(connection, profile.agency)
    changed = replace(before, **asdict(profile))
    if changed == before:
        return before
    same = accounts.c.id == profile.id
    connection.execute(update(accounts).where(same).values(_to_row(changed)))
    audit.record_change(
        connection, at=now, actor=by, action=CHANGE, about=profile.id, details=asdict(profile)
    )
    return changed


def close_account(connection: Connection, account: str, *, by: str, now: datetime) -> Account:
    """Close an account; raises UnknownAccountError, or AccountError where it is closed already."""
    if not require_account(connection, account).is_open:
        raise AccountError(f"account {account!r} is closed already")
    connection.execute(update(accounts).where(accounts.c.id == account).values(closed_at=now))
    audit.record_change(connection, at=now, actor=by, action=CLOSE, about=account, details={})
    return require_account(connection, account)


def list_accounts(
    connection: Connection, *, of: str | None = None, after: str = "", limit: int = 1_000
) -> Sequence[Account]:
    """Accounts in the order of their ids; with `of`, that account and those it acts for."""
    wanted = select(accounts).where(accounts.c.id > after).order_by(accounts.c.id).limit(limit)
    if of is not None:
        wanted = wanted.where(or_(accounts.c.id == of, accounts.c.agency == of))
    return [_to_account(row) for row in connection.execute(wanted).mappings()]


def read_clients(connection: Connection, agency: str) -> frozenset[str]:
    """Ids of the advertisers that an agency acts for."""
    wanted = select(accounts.c.id).where(accounts.c.agency == agency)
    return frozenset(connection.execute(wanted).scalars())


def _require_agency(connection: Connection, agency: str) -> None:
    found = read_account(connection, agency)
    if found is None or found.kind is not AccountKind.AGENCY or not found.is_open:
        raise AccountError(
            f"agency {agency[:MAX_ACCOUNT]!r} is no open account of kind agency: create it first"
        )


def _to_row(account: Account) -> dict[str, Any]:
    return asdict(account) | {"address": msgspec.json.encode(account.address).decode()}


def _to_account(row: Any) -> Account:
    values = {**row, "kind": AccountKind(row["kind"])}
    values["address"] = msgspec.json.decode(row["address"], type=tuple[str, ...])
    return Account(**values)
