"""Idempotency keys: which requests are running, and the answers of those that succeeded.

A key is claimed in a transaction of its own and completed in the transaction of the change, so a
change without its stored answer, or the reverse, cannot exist. A process that is killed leaves a
claim, which ends after `CLAIM_FOR`; the request can then be sent again. Failures are not stored.
"""

import secrets
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    bindparam,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from cloud import database

RETENTION: Final = timedelta(hours=24)
CLAIM_FOR: Final = timedelta(minutes=1)
MAX_KEY: Final = 255

idempotency_keys = Table(
    "idempotency_keys",
    database.metadata,
    Column("account", String(40), primary_key=True),
    Column("route", String(160), primary_key=True),  # method and path, with parameter names
    Column("key", String(MAX_KEY), primary_key=True),
    Column("request", String(64), nullable=False),  # digest of path, query and body
    Column("claim", String(32), nullable=False),  # of the request that runs, or ran
    Column("held_until", database.Instant, nullable=False),
    Column("expires_at", database.Instant, nullable=False),
    Column("status", Integer),  # null: running
    Column("headers", LargeBinary),  # JSON
    Column("answer", LargeBinary),  # deflated
    Index("ix_idempotency_keys_expires_at", "expires_at"),
)


_COLUMNS: Final = idempotency_keys.c
_NOW: Final[BindParameter[Any]] = bindparam("now")
_IS_NAMED: Final = and_(
    _COLUMNS.account == bindparam("of_account"),
    _COLUMNS.route == bindparam("of_route"),
    _COLUMNS.key == bindparam("of_key"),
)
_IS_CLAIMED: Final = and_(_IS_NAMED, _COLUMNS.claim == bindparam("of_claim"))
_HAS_ENDED: Final = or_(
    _COLUMNS.expires_at <= _NOW, and_(_COLUMNS.status.is_(None), _COLUMNS.held_until <= _NOW)
)
_DELETE_ENDED: Final = delete(idempotency_keys).where(_IS_NAMED, _HAS_ENDED)
_READ: Final = select(idempotency_keys).where(_IS_NAMED)
_COMPLETE: Final = update(idempotency_keys).where(_IS_CLAIMED)
_RELEASE: Final = delete(idempotency_keys).where(_IS_CLAIMED, _COLUMNS.status.is_(None))


class KeyInUse(RuntimeError):  # noqa: N818 - reads as what happened
    """The first request with the key has not ended."""


class KeyReused(ValueError):  # noqa: N818 - reads as what happened
    """The key belongs to a different request."""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request as its key identifies it."""

    account: str
    route: str
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer; the headers are those of the resource, such as `location`."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute a request."""

    request: KeyedRequest
    token: str


def claim_key(connection: Connection, request: KeyedRequest, now: datetime) -> Claim | Reply:
    """Claim the key, or return the stored answer of its request.

    Raises:
        KeyInUse: another request with the key is running.
        KeyReused: the key was used for another request.
    """
    connection.execute(_DELETE_ENDED, {**_name(request), "now": now})
    claim = Claim(request, secrets.token_hex(16))
    row = {
        "account": request.account, "route": request.route, "key": request.key,
        "request": request.digest, "claim": claim.token,
        "held_until": now + CLAIM_FOR, "expires_at": now + RETENTION,
    }  # fmt: skip
    if connection.execute(_insert_new(connection.dialect.name), row).first() is not None:
        return claim
    return _read_reply(connection, request)


def complete_key(connection: Connection, claim: Claim, reply: Reply) -> None:
    """Store the answer, in the transaction of the change.

    Raises:
        KeyInUse: the claim ended and another request has the key; roll the change back.
    """
    values = {
        **_name_claim(claim),
        "status": reply.status,
        "headers": msgspec.json.encode(reply.headers),
        "answer": zlib.compress(reply.body),
    }
    if not connection.execute(_COMPLETE, values).rowcount:
        raise _in_use(claim.request)


def release_key(connection: Connection, claim: Claim) -> None:
    """Delete the claim of a request that failed."""
    connection.execute(_RELEASE, _name_claim(claim))


def delete_expired_keys(connection: Connection, now: datetime) -> int:
    """Delete expired keys and return how many."""
    columns = idempotency_keys.c
    return connection.execute(delete(idempotency_keys).where(columns.expires_at <= now)).rowcount


def _read_reply(connection: Connection, request: KeyedRequest) -> Reply:
    row: Any = connection.execute(_READ, _name(request)).one_or_none()
    if row is None:  # the other request failed between the two statements
        raise _in_use(request)
    if row.request != request.digest:
        raise KeyReused(
            f"the Idempotency-Key {request.key[:60]!r} belongs to a request with another path, "
            "query or body: send a new key with a new request"
        )
    if row.status is None:
        raise _in_use(request)
    headers = msgspec.json.decode(row.headers, type=dict[str, str])
    return Reply(row.status, zlib.decompress(row.answer), headers)


def _in_use(request: KeyedRequest) -> KeyInUse:
    return KeyInUse(
        f"the first request with the Idempotency-Key {request.key[:60]!r} has not ended: send it "
        "again after the seconds in Retry-After"
    )


def _name(request: KeyedRequest) -> dict[str, Any]:
    return {"of_account": request.account, "of_route": request.route, "of_key": request.key}


def _name_claim(claim: Claim) -> dict[str, Any]:
    return {**_name(claim.request), "of_claim": claim.token}


@cache
def _insert_new(dialect: str) -> ReturningInsert[str]:
    insert = database.insert(dialect, idempotency_keys).on_conflict_do_nothing()
    return insert.returning(idempotency_keys.c.claim)
