"""Overrides: prices that a person has set for one slot in place of the computed one.

A slot has at most one for everybody, and one more for each account that has negotiated a price (a
deal); a new one replaces the one before. The number of an override is that of its entry in the
audit log, written in the same transaction, so the log contains every override.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    String,
    Table,
    and_,
    delete,
    or_,
    select,
)

from cloud import database
from cloud.pricing.market import PriceOverride
from cloud.sites.site_model import Site

EVERY_ACCOUNT: Final = ""
KEY: Final = ("location", "hour_at", "account")

price_overrides = Table(
    "price_overrides",
    database.metadata,
    Column("location", String(63), primary_key=True),
    Column("hour_at", BigInteger, primary_key=True, autoincrement=False),  # seconds since 1970
    Column("account", String(40), primary_key=True),  # empty: for everybody
    Column("number", Integer, nullable=False),  # of its entry in the audit log
    Column("price_minor", BigInteger, nullable=False),
    Column("author", String(120), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("set_at", database.Instant, nullable=False),
    Column("until_at", database.Instant, nullable=True),  # null: until it is withdrawn
)


class UnknownOverride(LookupError):  # noqa: N818 - reads as what happened
    """A slot without an override."""


@dataclass(frozen=True, slots=True)
class ActiveOverride:
    """An override, its slot, and when it was set."""

    location: str
    hour_at: int
    set_at: datetime
    override: PriceOverride


def store_override(connection: Connection, active: ActiveOverride) -> None:
    """Set the price of a slot; replaces the override of the same account."""
    override = active.override
    row = {
        "location": active.location,
        "hour_at": active.hour_at,
        "account": override.account or EVERY_ACCOUNT,
        "set_at": active.set_at,
        "number": override.number,
        "price_minor": override.price_minor,
        "author": override.author,
        "reason": override.reason,
        "until_at": override.until_at,
    }
    insert = database.insert(connection.dialect.name, price_overrides).values(row)
    change = {name: insert.excluded[name] for name in row if name not in KEY}
    connection.execute(insert.on_conflict_do_update(index_elements=KEY, set_=change))


def delete_overrides(
    connection: Connection,
    ids: Sequence[str],
    hour_at: int,
    account: str | None,
    now: datetime,
) -> list[ActiveOverride]:
    """Delete and return the active overrides of a slot under any of `ids`, in their order.

    A location that was renamed may have one under each id: the one under the former id must not
    apply again after the other is deleted.
    """
    columns = price_overrides.c
    theirs = and_(
        columns.location.in_(ids),
        columns.hour_at == hour_at,
        columns.account == (account or EVERY_ACCOUNT),
        or_(columns.until_at.is_(None), columns.until_at > now),
    )
    rows = connection.execute(select(price_overrides).where(theirs)).mappings()
    found = [_active_override(row) for row in rows]
    connection.execute(delete(price_overrides).where(theirs))
    return sorted(found, key=lambda one: ids.index(one.location))


def unknown_override(location: str, account: str | None) -> UnknownOverride:
    """The error of a slot without an override."""
    whose = f" and the account {account}" if account else ""
    return UnknownOverride(
        f"no price is set for that slot of {location}{whose}: GET /api/pricing/overrides or "
        "`python -m cloud override list` shows those that are"
    )


def read_active_overrides(
    connection: Connection, now: datetime, site: Site | None = None
) -> Sequence[ActiveOverride]:
    """Every override that has not expired, of one site or of all, by location and hour.

    An override under a former id applies until one is set under the present id.
    """
    columns = price_overrides.c
    wanted = select(price_overrides).where(or_(columns.until_at.is_(None), columns.until_at > now))
    if site is not None:
        wanted = wanted.where(columns.location.in_(site.ids))
    ordered = wanted.order_by(columns.location, columns.hour_at, columns.account)
    found = [_active_override(row) for row in connection.execute(ordered).mappings()]
    return found if site is None else _latest_of_each(found, site.ids)


def _latest_of_each(found: Sequence[ActiveOverride], ids: Sequence[str]) -> list[ActiveOverride]:
    """One for each slot and account, that of the latest id, by hour."""
    latest = {
        (one.hour_at, one.override.account or EVERY_ACCOUNT): one
        for one in sorted(found, key=lambda one: ids.index(one.location))
    }
    return [latest[key] for key in sorted(latest)]


def read_overrides(
    connection: Connection, site: Site, now: datetime
) -> Mapping[int, tuple[PriceOverride, ...]]:
    """The overrides of a site by the second that their slots start."""
    found = read_active_overrides(connection, now, site)
    return {
        hour_at: tuple(one.override for one in some)
        for hour_at, some in groupby(found, lambda one: one.hour_at)
    }


def _active_override(row: Any) -> ActiveOverride:
    named = ("number", "price_minor", "author", "reason", "until_at")
    account = row["account"] or None
    override = PriceOverride(**{name: row[name] for name in named}, account=account)
    return ActiveOverride(row["location"], row["hour_at"], row["set_at"], override)
