"""Creatives of accounts: what the player shows under a name, approved before it is shown.

A name belongs to one file, by its SHA-256: a changed file is a new creative with a new name. Sales
or operations approve or reject it, with a reason.
"""

import re
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true, update

from cloud.auth import audit
from cloud.campaigns.tables import creatives
from wire.audience import CREATIVE, UNKNOWN_CREATIVE

MAX_STORED: Final = 5_000
CREATE: Final = "creative.create"
APPROVE: Final = "creative.approve"
REJECT: Final = "creative.reject"
_NAME: Final = re.compile(CREATIVE)


class CreativeStatus(StrEnum):
    """OpenDirect's approval of a creative."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class UnknownCreativeError(LookupError):
    """No creative with that id for the caller."""


class CreativeConflictError(ValueError):
    """A creative whose name or state does not allow the change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCreative:
    """A creative as its account describes it."""

    account: str
    name: str
    sha256: str
    reference: str | None
    media_type: str
    width_px: int
    height_px: int
    duration: timedelta | None
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Creative(NewCreative):
    """A stored creative."""

    id: str
    status: CreativeStatus
    reason: str | None
    created_at: datetime
    created_by: str
    decided_at: datetime | None
    decided_by: str | None


def create_creative(
    connection: Connection, new: NewCreative, *, by: str, now: datetime
) -> Creative:
    """Store a creative; the same one again is the stored one.

    Raises:
        CreativeConflictError: the name belongs to another file, or is no name.
    """
    if not _NAME.fullmatch(new.name) or new.name == UNKNOWN_CREATIVE:
        raise CreativeConflictError(f"{new.name[:64]!r} is no name of a creative: {CREATIVE}")
    held = _find_by_name(connection, new.account, new.name)
    if held is not None:
        if held.sha256 == new.sha256:
            return held
        raise CreativeConflictError(
            f"{new.name} is another file with SHA-256 {held.sha256[:12]}...: a changed file is a "
            "new creative, give it a new name"
        )
    _refuse_too_many(connection, new.account)
    stored = Creative(
        **{name: getattr(new, name) for name in NewCreative.__slots__},
        id=secrets.token_hex(16), status=CreativeStatus.PENDING, reason=None, created_at=now,
        created_by=by[:120], decided_at=None, decided_by=None,
    )  # fmt: skip
    connection.execute(creatives.insert().values(_to_row(stored)))
    details = {"account": new.account, "name": new.name, "sha256": new.sha256}
    audit.record_change(
        connection, at=now, actor=by[:120], action=CREATE, about=stored.id, details=details
    )
    return stored


def decide_creative(
    connection: Connection,
    creative: str,
    status: CreativeStatus,
    *,
    reason: str | None,
    by: str,
    now: datetime,
) -> Creative:
    """Approve or reject a creative, also one that was decided before.

    Raises:
        UnknownCreativeError: there is none with that id.
        CreativeConflictError: a rejection without a reason.
    """
    if status is CreativeStatus.REJECTED and not (reason or "").strip():
        raise CreativeConflictError("a rejection needs a reason that its account can act on")
    held = find_creative(connection, creative, None)
    values = {"status": status.value, "reason": reason, "decided_at": now, "decided_by": by[:120]}
    connection.execute(update(creatives).where(creatives.c.id == held.id).values(values))
    audit.record_change(
        connection,
        at=now,
        actor=by[:120],
        action=APPROVE if status is CreativeStatus.APPROVED else REJECT,
        about=held.id,
        details={"account": held.account, "name": held.name, "reason": reason},
    )
    return find_creative(connection, creative, None)


def find_creative(
    connection: Connection, creative: str, accounts: Collection[str] | None
) -> Creative:
    """A creative of one of the accounts, or of any for None; raises UnknownCreativeError."""
    query = select(creatives).where(creatives.c.id == creative[:32], _of(accounts))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise UnknownCreativeError(
            "no creative of yours has that id: GET /api/creatives lists your creatives"
        )
    return _to_creative(row)


def list_creatives(
    connection: Connection,
    accounts: Collection[str] | None,
    *,
    status: CreativeStatus | None,
    after: Creative | None,
    most: int,
) -> Sequence[Creative]:
    """A page of creatives, the latest first."""
    columns = creatives.c
    query: Select[Any] = select(creatives).where(_of(accounts))
    if status is not None:
        query = query.where(columns.status == status.value)
    if after is not None:
        same = and_(columns.created_at == after.created_at, columns.id < after.id)
        query = query.where(or_(columns.created_at < after.created_at, same))
    latest_first = (columns.created_at.desc(), columns.id.desc())
    rows = connection.execute(query.order_by(*latest_first).limit(most))
    return [_to_creative(row) for row in rows.mappings()]


def count_creatives(
    connection: Connection, accounts: Collection[str] | None, *, status: CreativeStatus | None
) -> int:
    """How many creatives `list_creatives` has on all pages."""
    query = select(func.count()).select_from(creatives).where(_of(accounts))
    if status is not None:
        query = query.where(creatives.c.status == status.value)
    return int(connection.execute(query).scalar_one())


def read_by_names(
    connection: Connection, account: str, names: Iterable[str]
) -> Mapping[str, Creative]:
    """The creatives of an account with these names."""
    columns = creatives.c
    query = select(creatives).where(columns.account == account, columns.name.in_(sorted({*names})))
    found = [_to_creative(row) for row in connection.execute(query).mappings()]
    return {one.name: one for one in found}


def _find_by_name(connection: Connection, account: str, name: str) -> Creative | None:
    return read_by_names(connection, account, [name]).get(name)


def _refuse_too_many(connection: Connection, account: str) -> None:
    counted = select(func.count()).where(creatives.c.account == account)
    if connection.execute(counted).scalar_one() >= MAX_STORED:
        raise CreativeConflictError(f"{MAX_STORED} creatives are stored, which is the maximum")


def _of(accounts: Collection[str] | None) -> ColumnElement[bool]:
    return true() if accounts is None else creatives.c.account.in_(sorted(accounts))


def _to_row(creative: Creative) -> dict[str, Any]:
    row = {name: getattr(creative, name) for name in (*NewCreative.__slots__, *Creative.__slots__)}
    duration = row.pop("duration")
    row["duration_ms"] = None if duration is None else duration // timedelta(milliseconds=1)
    row["categories"] = msgspec.json.encode(creative.categories).decode()
    row["status"] = creative.status.value
    return row


def _to_creative(row: Any) -> Creative:
    values = dict(row)
    duration_ms = values.pop("duration_ms")
    values["duration"] = None if duration_ms is None else timedelta(milliseconds=duration_ms)
    values["categories"] = msgspec.json.decode(values["categories"], type=tuple[str, ...])
    values["status"] = CreativeStatus(values["status"])
    return Creative(**values)
