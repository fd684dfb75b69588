"""Idempotency keys: which requests are running, and the answers of those that succeeded.

A key is claimed in a transaction of its own and completed in the transaction of the change, so a
change without its stored answer, or the reverse, cannot exist. A process that is killed leaves a
claim, which ends after `CLAIM_FOR`; the request can then be sent again. Failures are not stored.
"""

import secrets
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    delete,
    or_,
    select,
    update,
)

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
    columns = idempotency_keys.c
    has_ended = and_(columns.status.is_(None), columns.held_until <= now)
    is_over = or_(columns.expires_at <= now, has_ended)
    connection.execute(delete(idempotency_keys).where(_is(request), is_over))
    claim = Claim(request, secrets.token_hex(16))
    insert = database.insert(connection.dialect.name, idempotency_keys).on_conflict_do_nothing()
    row = {
        "account": request.account, "route": request.route, "key": request.key,
        "request": request.digest, "claim": claim.token,
        "held_until": now + CLAIM_FOR, "expires_at": now + RETENTION,
    }  # fmt: skip
    inserted = insert.values(row).returning(columns.claim)
    if connection.execute(inserted).first() is not None:
        return claim
    return _read_reply(connection, request)


def complete_key(connection: Connection, claim: Claim, reply: Reply) -> None:
    """Store the answer, in the transaction of the change.

    Raises:
        KeyInUse: the claim ended and another request has the key; roll the change back.
    """
    values = {
        "status": reply.status,
        "headers": msgspec.json.encode(reply.headers),
        "answer": zlib.compress(reply.body),
    }
    changed = update(idempotency_keys).where(_is_claim(claim)).values(values)
    if not connection.execute(changed).rowcount:
        raise _in_use(claim.request)


def release_key(connection: Connection, claim: Claim) -> None:
    """Delete the claim of a request that failed."""
    columns = idempotency_keys.c
    connection.execute(delete(idempotency_keys).where(_is_claim(claim), columns.status.is_(None)))


def delete_expired_keys(connection: Connection, now: datetime) -> int:
    """Delete expired keys and return how many."""
    columns = idempotency_keys.c
    return connection.execute(delete(idempotency_keys).where(columns.expires_at <= now)).rowcount


def _read_reply(connection: Connection, request: KeyedRequest) -> Reply:
    row: Any = connection.execute(select(idempotency_keys).where(_is(request))).one_or_none()
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


def _is(request: KeyedRequest) -> Any:
    columns = idempotency_keys.c
    return and_(
        columns.account == request.account,
        columns.route == request.route,
        columns.key == request.key,
    )


def _is_claim(claim: Claim) -> Any:
    return and_(_is(claim.request), idempotency_keys.c.claim == claim.token)
