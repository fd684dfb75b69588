"""Saved views: the page and the query of an analysis under a name, for one user or an account.

A view belongs to the user who saved it. A shared view exists for every user of its account, and
only its owner changes it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from cloud import database
from cloud.analytics.analytics_query import MAX_QUERY, parse_query

MAX_STORED: Final = 100
MAX_VIEW_NAME: Final = 120

saved_views = Table(
    "saved_views",
    database.metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(120), nullable=False),  # id of a user, or the name of a key
    Column("account", String(40), nullable=False),
    Column("name", String(MAX_VIEW_NAME), nullable=False),
    Column("page", String(20), nullable=False),
    Column("query", String(MAX_QUERY), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("created_at", database.Instant, nullable=False),
    Column("changed_at", database.Instant, nullable=False),
    Index("ix_saved_views_owner", "owner", "name"),
    Index("ix_saved_views_account", "account", "shared"),
)


class AnalyticsPage(StrEnum):
    """A page of the portal under `/analytics`."""

    MAP = "map"
    TIME = "time"
    DEMOGRAPHICS = "demographics"
    LOCATIONS = "locations"
    CAMPAIGNS = "campaigns"


class UnknownViewError(LookupError):
    """No saved view with that id for the user."""


class NotViewOwnerError(PermissionError):
    """A shared view that another user saved."""


class TooManyViewsError(RuntimeError):
    """A user who has saved as many views as are allowed."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A saved view; `query` is that of the page's address, without `?`."""

    id: str
    owner: str
    account: str
    name: str
    page: AnalyticsPage
    query: str
    shared: bool
    created_at: datetime
    changed_at: datetime

    def may_be_read(self, owner: str, account: str) -> bool:
        """Whether the view exists for a user."""
        return self.owner == owner or (self.shared and self.account == account)


@dataclass(frozen=True, slots=True)
class ViewContent:
    """What a user saves."""

    name: str
    page: AnalyticsPage
    query: str
    shared: bool = False


def insert_view(
    connection: Connection, content: ViewContent, owner: str, account: str, now: datetime
) -> SavedView:
    """Store a view.

    Raises:
        AnalyticsQueryError: the query has a value that is not allowed.
        TooManyViewsError: delete others first.
    """
    parse_query(content.query)
    counted = select(func.count()).where(saved_views.c.owner == owner)
    if connection.execute(counted).scalar_one() >= MAX_STORED:
        raise TooManyViewsError(
            f"{MAX_STORED} views are saved, which is the maximum: DELETE those that are not needed"
        )
    view = SavedView(
        secrets.token_hex(16), owner, account, content.name, content.page, content.query,
        content.shared, now, now,
    )  # fmt: skip
    row = {name: getattr(view, name) for name in SavedView.__slots__}
    connection.execute(insert(saved_views).values(row))
    return view


def list_views(connection: Connection, owner: str, account: str) -> Sequence[SavedView]:
    """The views of a user and the shared ones of the account, by name."""
    wanted = select(saved_views).where(_exists_for(owner, account))
    ordered = wanted.order_by(saved_views.c.name, saved_views.c.id).limit(1_000)
    return [_view(row) for row in connection.execute(ordered).mappings()]


def find_view(connection: Connection, view: str, owner: str, account: str) -> SavedView:
    """A view that exists for a user; raises UnknownViewError."""
    wanted = select(saved_views).where(saved_views.c.id == view, _exists_for(owner, account))
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise UnknownViewError(
            "no saved view of yours has that id: GET /api/analytics/views lists your views"
        )
    return _view(row)


def change_view(
    connection: Connection, found: SavedView, content: ViewContent, owner: str, now: datetime
) -> SavedView:
    """Replace the content of a view; raises NotViewOwnerError, AnalyticsQueryError."""
    _require_owner(found, owner)
    parse_query(content.query)
    values = {name: getattr(content, name) for name in ViewContent.__slots__}
    this = saved_views.c.id == found.id
    connection.execute(update(saved_views).where(this).values(**values, changed_at=now))
    return find_view(connection, found.id, owner, found.account)


def remove_view(connection: Connection, found: SavedView, owner: str) -> None:
    """Delete a view; raises NotViewOwnerError."""
    _require_owner(found, owner)
    connection.execute(delete(saved_views).where(saved_views.c.id == found.id))


def _require_owner(found: SavedView, owner: str) -> None:
    if found.owner != owner:
        raise NotViewOwnerError(
            "another user of the account shares this view: save one of your own"
        )


def _exists_for(owner: str, account: str) -> ColumnElement[bool]:
    columns = saved_views.c
    return or_(columns.owner == owner, and_(columns.shared, columns.account == account))


def _view(row: Any) -> SavedView:
    values = {name: row[name] for name in SavedView.__slots__}
    return SavedView(**{**values, "page": AnalyticsPage(row["page"])})
