"""Stored plans: the request, the account that owns it, the progress, and the answer.

Every query has the owner in its condition, so a plan of another account and one that never existed
are the same case. `plan_queue.py` assigns plans to processes.
"""

import re
import secrets
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    true,
)

from cloud import database

RETENTION: Final = timedelta(days=92)
MAX_UNFINISHED: Final = 8
MAX_STORED: Final = 100
WAITING_STAGE: Final = "waiting for its turn"
_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


class PlanStatus(StrEnum):
    """The progress of a plan; the last three are final."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    IMPOSSIBLE = "impossible"
    FAILED = "failed"


UNFINISHED: Final = (PlanStatus.WAITING, PlanStatus.WORKING)

kept_plans = Table(
    "kept_plans",
    database.metadata,
    Column("id", String(32), primary_key=True),
    Column("account", String(40), nullable=False),
    Column("kept_by", String(120), nullable=False),
    Column("kept_at", database.Instant, nullable=False),
    Column("expires_at", database.Instant, nullable=False),
    Column("status", String(12), nullable=False),
    Column("stage", String(60), nullable=False),
    Column("done", Float, nullable=False),
    Column("turn", String(16)),  # of the process that works on it
    Column("held_until", database.Instant),
    Column("turns", Integer, nullable=False),
    Column("question", Text, nullable=False),  # JSON
    Column("finished_at", database.Instant),
    Column("sentence", Text),  # why there is no answer
    Column("versions", LargeBinary),  # JSON, deflated
    Column("answer", LargeBinary),  # JSON, deflated
    Index("kept_plans_by_account", "account", "kept_at", "id"),
    Index("kept_plans_to_do", "status", "kept_at"),
)


class UnknownPlan(LookupError):  # noqa: N818 - reads as what happened
    """No plan with that id for the account."""


class TooManyPlans(RuntimeError):  # noqa: N818 - reads as what happened
    """An account that has reached its limit of stored or unfinished plans."""


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan without its answer."""

    id: str
    account: str
    kept_by: str
    kept_at: datetime
    expires_at: datetime
    status: PlanStatus
    stage: str
    done: float
    turns: int
    question: str
    finished_at: datetime | None
    sentence: str | None


@dataclass(frozen=True, slots=True, order=True)
class PlanPosition:
    """The last plan of a page of the list."""

    kept_at: datetime
    id: str


def insert_plan(
    connection: Connection, name: str, account: str, by: str, question: str, now: datetime
) -> StoredPlan:
    """Store a request until a process claims it; raises TooManyPlans."""
    connection.execute(delete(kept_plans).where(kept_plans.c.expires_at <= now))
    _refuse_too_many(connection, account)
    plan = StoredPlan(
        id=name,
        account=account,
        kept_by=by,
        kept_at=now,
        expires_at=now + RETENTION,
        status=PlanStatus.WAITING,
        stage=WAITING_STAGE,
        done=0.0,
        turns=0,
        question=question,
        finished_at=None,
        sentence=None,
    )
    row = {name: getattr(plan, name) for name in StoredPlan.__slots__}
    connection.execute(insert(kept_plans).values(row))
    return plan


def new_plan_id() -> str:
    """An id that cannot be guessed: 128 random bits."""
    return secrets.token_hex(16)


def find_plan(
    connection: Connection, name: str, accounts: Collection[str] | None, now: datetime
) -> StoredPlan:
    """A plan of one of the accounts, or of any for None; raises UnknownPlan."""
    found = (
        connection.execute(select_plans().where(_theirs(name, accounts, now))).mappings().first()
    )
    if found is None:
        raise _unknown()
    return plan_from_row(found)


def read_plan_answer(connection: Connection, name: str) -> tuple[bytes | None, bytes | None]:
    """Answer and versions of a plan, as JSON; None while there are none."""
    columns = kept_plans.c
    wanted = select(columns.answer, columns.versions).where(columns.id == name)
    row = connection.execute(wanted).one_or_none() or (None, None)
    answer, versions = (None if held is None else zlib.decompress(held) for held in row)
    return answer, versions


def find_plans(
    connection: Connection,
    accounts: Collection[str] | None,
    now: datetime,
    *,
    after: PlanPosition | None,
    most: int,
) -> Sequence[StoredPlan]:
    """The plans of the accounts, or of all for None, the latest first."""
    columns = kept_plans.c
    wanted = select_plans().where(columns.expires_at > now, _of(accounts))
    if after is not None:
        then = and_(columns.kept_at == after.kept_at, columns.id < after.id)
        wanted = wanted.where(or_(columns.kept_at < after.kept_at, then))
    rows = connection.execute(
        wanted.order_by(columns.kept_at.desc(), columns.id.desc()).limit(most)
    )
    return [plan_from_row(row) for row in rows.mappings()]


def remove_plan(
    connection: Connection, name: str, accounts: Collection[str] | None, now: datetime
) -> StoredPlan:
    """Delete a plan, also one in progress, and return it; raises UnknownPlan."""
    found = find_plan(connection, name, accounts, now)
    connection.execute(delete(kept_plans).where(kept_plans.c.id == name))
    return found


def delete_expired_plans(connection: Connection, now: datetime) -> int:
    """Delete expired plans and return how many."""
    return connection.execute(delete(kept_plans).where(kept_plans.c.expires_at <= now)).rowcount


def select_plans() -> Any:
    """A query for all columns but the answers, which may be large."""
    return select(*(kept_plans.c[name] for name in StoredPlan.__slots__))


def _of(accounts: Collection[str] | None) -> ColumnElement[bool]:
    return true() if accounts is None else kept_plans.c.account.in_(sorted(accounts))


def _theirs(name: str, accounts: Collection[str] | None, now: datetime) -> ColumnElement[bool]:
    wanted = name if _ID.fullmatch(name) else ""
    return and_(kept_plans.c.id == wanted, _of(accounts), kept_plans.c.expires_at > now)


def _refuse_too_many(connection: Connection, account: str) -> None:
    columns = kept_plans.c
    is_to_do = columns.status.in_(UNFINISHED)
    counted = select(func.count(), func.count().filter(is_to_do)).where(columns.account == account)
    kept, to_do = connection.execute(counted).one()
    if to_do >= MAX_UNFINISHED:
        raise TooManyPlans(f"{to_do} of your plans are unfinished: wait for one, or DELETE one")
    if kept >= MAX_STORED:
        raise TooManyPlans(
            f"{kept} plans are stored, which is the maximum: DELETE those that are not needed"
        )


def _unknown() -> UnknownPlan:
    return UnknownPlan("no plan of yours has that id: GET /api/pricing/plans lists your plans")


def plan_from_row(row: Any) -> StoredPlan:
    """A plan from a row of `select_plans`."""
    fields = {name: row[name] for name in StoredPlan.__slots__}
    return StoredPlan(**{**fields, "status": PlanStatus(row["status"])})
