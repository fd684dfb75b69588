"""The table of brands: what an account advertises, with its IAB content categories."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Connection, String, Table, Text, UniqueConstraint, insert, select

from cloud import database
from cloud.auth import audit
from cloud.auth.accounts.account import MAX_NAME, AccountError, validate_line
from cloud.auth.accounts.account_store import require_account
from cloud.auth.keys import MAX_ACCOUNT

CREATE: Final = "brand.create"
MAX_CATEGORIES: Final = 20
_CATEGORY: Final = re.compile(r"[A-Za-z0-9]{1,12}(-[0-9]{1,3})?", re.ASCII)

brands = Table(
    "brands",
    database.metadata,
    Column("id", String(32), primary_key=True),
    Column("account", String(MAX_ACCOUNT), nullable=False),
    Column("name", String(MAX_NAME), nullable=False),
    Column("categories", Text, nullable=False),  # JSON: ids of the IAB content taxonomy
    Column("created_at", database.Instant, nullable=False),
    UniqueConstraint("account", "name", name="uq_brands_account_name"),
)


class UnknownBrandError(LookupError):
    """No brand with that id is visible to the caller."""


class BrandExistsError(AccountError):
    """A name that another brand of the account has."""


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand of an account."""

    id: str
    account: str
    name: str
    categories: tuple[str, ...]
    created_at: datetime


def create_brand(
    connection: Connection,
    account: str,
    name: str,
    categories: Sequence[str] = (),
    *,
    by: str,
    now: datetime,
) -> Brand:
    """Store a new brand; raises UnknownAccountError, AccountError or BrandExistsError."""
    _validate(name, categories)
    if not require_account(connection, account).is_open:
        raise AccountError(f"account {account!r} is closed: it gets no new brand")
    brand = Brand(secrets.token_hex(16), account, name, tuple(categories), now)
    same = (brands.c.account == account) & (brands.c.name == name)
    if connection.execute(select(brands.c.id).where(same)).first() is not None:
        raise BrandExistsError(f"account {account!r} has a brand {name!r} already")
    row = {column: getattr(brand, column) for column in Brand.__slots__}
    row["categories"] = msgspec.json.encode(brand.categories).decode()
    connection.execute(insert(brands).values(row))
    details = {"account": account, "name": name, "categories": brand.categories}
    audit.record_change(
        connection, at=now, actor=by, action=CREATE, about=brand.id, details=details
    )
    return brand


def read_brand(connection: Connection, brand: str) -> Brand | None:
    """The brand with this id; None without one."""
    row = connection.execute(select(brands).where(brands.c.id == brand)).mappings().one_or_none()
    return None if row is None else _to_brand(row)


def list_brands(connection: Connection, accounts: Sequence[str] | None = None) -> Sequence[Brand]:
    """The brands of some accounts, or all of them, by account and name."""
    wanted = select(brands).order_by(brands.c.account, brands.c.name)
    if accounts is not None:
        wanted = wanted.where(brands.c.account.in_(accounts))
    return [_to_brand(row) for row in connection.execute(wanted).mappings()]


def unknown_brand(brand: str) -> UnknownBrandError:
    """The error for an id without a brand, and for one that the caller may not see."""
    return UnknownBrandError(f"no brand {brand[:32]!r}: GET /api/brands lists them")


def _validate(name: str, categories: Sequence[str]) -> None:
    validate_line("brand name", name)
    if len(categories) > MAX_CATEGORIES:
        raise AccountError(f"{len(categories)} categories: write at most {MAX_CATEGORIES}")
    for category in categories:
        if not _CATEGORY.fullmatch(category):
            raise AccountError(
                f"category {category[:20]!r}: write an id of the IAB content taxonomy, such as "
                "IAB8-5 or 218"
            )


def _to_brand(row: Any) -> Brand:
    categories = msgspec.json.decode(row["categories"], type=tuple[str, ...])
    return Brand(row["id"], row["account"], row["name"], categories, row["created_at"])
