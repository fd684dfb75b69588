"""API keys: `onl_<id>_<secret>`, shown once, stored as a digest, for one role, revocable.

A secret has 256 random bits, which cannot be guessed, so one round of SHA-256 is enough. The id
finds the row; the digest is compared in constant time. The plans of an advertiser belong to the
account of the key. A key without an account has its id as its account: an owner is free text, and
two owners may have the same name.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Column, Engine, String, Table, insert, select, update

from cloud import database
from cloud.auth import audit

MAX_OWNER: Final = 80
MAX_ACCOUNT: Final = 40
ACCOUNT_PATTERN: Final = rf"^[a-z0-9][a-z0-9-]{{0,{MAX_ACCOUNT - 1}}}$"
_ACCOUNT: Final = re.compile(ACCOUNT_PATTERN, re.ASCII)
KEY_PREFIX: Final = "onl_"
_WRITTEN: Final = re.compile(r"onl_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})", re.ASCII)


class KeyRefused(ValueError):  # noqa: N818 - reads as what happened
    """A key that cannot be created or revoked."""


class Role(StrEnum):
    """The role of a key or of a user."""

    SALES = "sales"
    ADVERTISER = "advertiser"
    AGENCY = "agency"
    OPERATIONS = "operations"
    FINANCE = "finance"
    PRICING = "pricing"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key, without its secret."""

    id: str
    role: Role
    owner: str
    account: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


api_keys = Table(
    "api_keys",
    database.metadata,
    Column("id", String(12), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("owner", String(MAX_OWNER), nullable=False),
    Column("created_at", database.Instant, nullable=False),
    Column("expires_at", database.Instant),
    Column("revoked_at", database.Instant),
    Column("account", String(MAX_ACCOUNT)),  # null: the key's own id
)


def create_key(
    engine: Engine,
    role: Role,
    owner: str,
    *,
    by: str,
    now: datetime,
    expires_at: datetime | None = None,
    account: str | None = None,
) -> str:
    """Create a key and return its text, which cannot be read again."""
    if not 1 <= len(owner.strip()) <= MAX_OWNER or not owner.isprintable():
        raise KeyRefused(f"owner {owner[:80]!r}: write 1 to {MAX_OWNER} printable characters")
    if expires_at is not None and expires_at <= now:
        raise KeyRefused(
            f"a key that expires at {expires_at.isoformat()} would never be valid: set it later"
        )
    if account is not None and not _ACCOUNT.fullmatch(account):
        raise KeyRefused(
            f"account {account[:MAX_ACCOUNT]!r}: write 1 to {MAX_ACCOUNT} lower-case letters, "
            "digits and hyphens, not a hyphen first"
        )
    name, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    row = {
        "id": name,
        "digest": _digest(secret),
        "role": role,
        "owner": owner.strip(),
        "account": account or name,
        "created_at": now,
        "expires_at": expires_at,
    }
    with database.writing(engine) as connection:
        connection.execute(insert(api_keys).values(row))
        named = ("role", "owner", "account", "expires_at")
        details = {one: row[one] for one in named}
        details["fingerprint"] = fingerprint(_digest(secret))
        audit.record_change(
            connection, at=now, actor=by, action="key.create", about=name, details=details
        )
    return f"onl_{name}_{secret}"


def revoke_key(engine: Engine, name: str, *, by: str, now: datetime) -> None:
    """Revoke a key: it is not valid any more."""
    live = (api_keys.c.id == name) & api_keys.c.revoked_at.is_(None)
    with database.writing(engine) as connection:
        revoked = connection.execute(update(api_keys).where(live).values(revoked_at=now))
        if not revoked.rowcount:
            raise KeyRefused(
                f"no valid key has the id {name[:40]!r}: `python -m cloud keys list` shows all"
            )
        audit.record_change(
            connection, at=now, actor=by, action="key.revoke", about=name, details={}
        )


def list_keys(engine: Engine) -> list[ApiKey]:
    """Every key, also revoked ones, oldest first."""
    with database.reading(engine) as connection:
        rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
        return [_key(row) for row in rows.mappings()]


def find_key(engine: Engine, written: str) -> ApiKey | None:
    """The stored key with this text, valid or not; None for any other text."""
    shape = _WRITTEN.fullmatch(written)
    if shape is None:
        return None
    with database.reading(engine) as connection:
        wanted = select(api_keys).where(api_keys.c.id == shape["id"])
        row = connection.execute(wanted).mappings().one_or_none()
    if row is None or not hmac.compare_digest(row["digest"], _digest(shape["secret"])):
        return None
    return _key(row)


def _key(row: Any) -> ApiKey:
    fields = ("id", "owner", "created_at", "expires_at", "revoked_at")
    account = row["account"] or row["id"]
    return ApiKey(role=Role(row["role"]), account=account, **{name: row[name] for name in fields})


def fingerprint(digest: str) -> str:
    """The fingerprint of a stored digest for the log: reveals a replaced key, and is no secret."""
    return hashlib.sha256(digest.encode()).hexdigest()[:16]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
