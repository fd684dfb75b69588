"""Briefs that an account has saved: what it wants to buy, for notifications about it.

`question` is the request of a plan, as JSON. `plan` is the stored plan that was last computed for
the brief, and `best_value` that of the best one its users were notified of.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
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
    update,
)

from cloud import database

SAVE: Final = "brief.save"
DELETE: Final = "brief.delete"
MAX_STORED: Final = 50
MAX_NAME: Final = 120

saved_briefs = Table(
    "saved_briefs",
    database.metadata,
    Column("id", String(32), primary_key=True),
    Column("account", String(40), nullable=False),
    Column("name", String(MAX_NAME), nullable=False),
    Column("question", Text, nullable=False),  # JSON
    Column("created_by", String(120), nullable=False),
    Column("created_at", database.Instant, nullable=False),
    Column("plan", String(32)),  # null: none was computed yet
    Column("planned_at", database.Instant),  # when that plan was put in the queue
    Column("judged_plan", String(32)),  # the last plan that was compared with `best_value`
    Column("best_value", Float),  # null: nobody was notified yet
    Index("ix_saved_briefs_account", "account", "created_at"),
)


class UnknownBriefError(LookupError):
    """No saved brief with that id for the account."""


class TooManyBriefsError(RuntimeError):
    """An account that has saved as many briefs as are allowed."""


@dataclass(frozen=True, slots=True)
class SavedBrief:
    """A saved brief."""

    id: str
    account: str
    name: str
    question: str
    created_by: str
    created_at: datetime
    plan: str | None = None
    planned_at: datetime | None = None
    judged_plan: str | None = None
    best_value: float | None = None


@dataclass(frozen=True, slots=True, order=True)
class BriefPosition:
    """The last brief of a page of the list."""

    created_at: datetime
    id: str


def insert_brief(connection: Connection, brief: SavedBrief) -> None:
    """Store a brief; raises TooManyBriefsError."""
    counted = select(func.count()).where(saved_briefs.c.account == brief.account)
    if connection.execute(counted).scalar_one() >= MAX_STORED:
        raise TooManyBriefsError(
            f"{MAX_STORED} briefs are saved, which is the maximum: DELETE those that are not needed"
        )
    row = {name: getattr(brief, name) for name in SavedBrief.__slots__}
    connection.execute(insert(saved_briefs).values(row))


def find_brief(connection: Connection, name: str, accounts: Collection[str] | None) -> SavedBrief:
    """A brief of one of the accounts, or of any for None; raises UnknownBriefError."""
    wanted = select(saved_briefs).where(saved_briefs.c.id == name, _of(accounts))
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise UnknownBriefError("no brief of yours has that id: GET /api/briefs lists your briefs")
    return _brief(row)


def find_briefs(
    connection: Connection,
    accounts: Collection[str] | None,
    *,
    after: BriefPosition | None = None,
    most: int,
) -> Sequence[SavedBrief]:
    """The briefs of the accounts, or of all for None, the latest first."""
    columns = saved_briefs.c
    wanted = select(saved_briefs).where(_of(accounts))
    if after is not None:
        then = and_(columns.created_at == after.created_at, columns.id < after.id)
        wanted = wanted.where(or_(columns.created_at < after.created_at, then))
    ordered = wanted.order_by(columns.created_at.desc(), columns.id.desc()).limit(most)
    return [_brief(row) for row in connection.execute(ordered).mappings()]


def list_all_briefs(connection: Connection) -> Sequence[SavedBrief]:
    """Every brief of every account, by id."""
    rows = connection.execute(select(saved_briefs).order_by(saved_briefs.c.id))
    return [_brief(row) for row in rows.mappings()]


def remove_brief(connection: Connection, name: str, accounts: Collection[str] | None) -> SavedBrief:
    """Delete a brief and return it; raises UnknownBriefError."""
    found = find_brief(connection, name, accounts)
    connection.execute(delete(saved_briefs).where(saved_briefs.c.id == name))
    return found


def set_plan(connection: Connection, brief: str, plan: str, now: datetime) -> None:
    """Store which plan is computed for a brief."""
    _update(connection, brief, plan=plan, planned_at=now)


def set_judged(connection: Connection, brief: str, plan: str, best_value: float | None) -> None:
    """Store that a plan was compared, and the value of the best one so far."""
    _update(connection, brief, judged_plan=plan, best_value=best_value)


def _update(connection: Connection, brief: str, **values: Any) -> None:
    this = saved_briefs.c.id == brief
    connection.execute(update(saved_briefs).where(this).values(values))


def _of(accounts: Collection[str] | None) -> ColumnElement[bool]:
    return true() if accounts is None else saved_briefs.c.account.in_(sorted(accounts))


def _brief(row: Any) -> SavedBrief:
    return SavedBrief(**{name: row[name] for name in SavedBrief.__slots__})
