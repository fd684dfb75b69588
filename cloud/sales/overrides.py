"""Prices that somebody has set for one slot in place of the computed one, while they stand.

A slot has one at most; a new one takes its place. The number of an override is that of its entry in
the audit log, written in the same transaction, so the log holds every one there ever was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, delete, or_, select

from cloud import database
from cloud.pricing.market import Override

price_overrides = Table(
    "price_overrides",
    database.metadata,
    Column("location", String(63), primary_key=True),
    Column("hour_at", BigInteger, primary_key=True, autoincrement=False),  # seconds since 1970
    Column("number", Integer, nullable=False),  # of its entry in the audit log
    Column("price_pence", BigInteger, nullable=False),
    Column("author", String(120), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("set_at", database.Instant, nullable=False),
    Column("until_at", database.Instant, nullable=True),  # null: until it is withdrawn
)


class UnknownOverride(LookupError):  # noqa: N818 - reads as what happened
    """A slot whose price nobody has set."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An override, the slot that it is of, and when it was set."""

    location: str
    hour_at: int
    set_at: datetime
    override: Override


def keep_override(connection: Connection, standing: Standing) -> None:
    """Set the price of a slot, in place of what was set before."""
    override = standing.override
    row = {
        "location": standing.location,
        "hour_at": standing.hour_at,
        "set_at": standing.set_at,
        "number": override.number,
        "price_pence": override.price_pence,
        "author": override.author,
        "reason": override.reason,
        "until_at": override.until_at,
    }
    insert = database.insert(connection.dialect.name, price_overrides).values(row)
    change = {name: insert.excluded[name] for name in row if name not in ("location", "hour_at")}
    connection.execute(
        insert.on_conflict_do_update(index_elements=["location", "hour_at"], set_=change)
    )


def drop_override(connection: Connection, location: str, hour_at: int, now: datetime) -> Standing:
    """Take an override away and give it back; raises UnknownOverride where none stands."""
    found = [one for one in standing_overrides(connection, now, location) if one.hour_at == hour_at]
    if not found:
        raise UnknownOverride(
            f"no price is set for that slot of {location}: GET /api/pricing/overrides or "
            "`python -m cloud override list` shows those that are"
        )
    columns = price_overrides.c
    connection.execute(
        delete(price_overrides).where(columns.location == location, columns.hour_at == hour_at)
    )
    return found[0]


def standing_overrides(
    connection: Connection, now: datetime, location: str | None = None
) -> Sequence[Standing]:
    """Every override that has not run out, of one place or of all, by place and hour."""
    columns = price_overrides.c
    wanted = select(price_overrides).where(or_(columns.until_at.is_(None), columns.until_at > now))
    if location is not None:
        wanted = wanted.where(columns.location == location)
    rows = connection.execute(wanted.order_by(columns.location, columns.hour_at)).mappings()
    return [_standing(row) for row in rows]


def read_overrides(connection: Connection, location: str, now: datetime) -> Mapping[int, Override]:
    """The overrides of a place by the second that their slots start."""
    return {one.hour_at: one.override for one in standing_overrides(connection, now, location)}


def _standing(row: Any) -> Standing:
    named = ("number", "price_pence", "author", "reason", "until_at")
    override = Override(**{name: row[name] for name in named})
    return Standing(row["location"], row["hour_at"], row["set_at"], override)
