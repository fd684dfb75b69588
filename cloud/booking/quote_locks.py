"""Quotes that lock the price of slots until a moment, with the factors and versions behind it.

A quote is never changed. An order or a hold that is made from it has its prices, whatever the
client sends; a quote that has expired, or was used before, is refused.
"""

import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from cloud import database
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.database.holds import quote_locks, quote_uses
from cloud.database.proposals import OFFERED, proposals

VALID_FOR: Final = timedelta(minutes=30)
"""How long a price is locked: longer than a check-out takes, shorter than a forecast is used."""
RETENTION: Final = timedelta(days=90)
"""How long a quote is readable after its end: longer than any hold or change that names it."""
MAX_DELETED: Final = 1_000
"""Quotes that one transaction deletes, so that it is short."""


class UnknownQuote(LookupError):  # noqa: N818 - reads as what happened
    """No quote with that id for the account."""


class LockedFactor(msgspec.Struct, frozen=True, array_like=True):
    """One factor of a price, as it was quoted."""

    name: str
    value: str
    reason: str


class LockedSlot(msgspec.Struct, frozen=True, array_like=True):
    """Positions of one slot, with the price of one position in minor units."""

    location: str
    starts_at_s: int
    positions: int
    price_minor: int
    factors: tuple[LockedFactor, ...]

    @property
    def demand(self) -> SlotDemand:
        """The positions, without a price."""
        return SlotDemand(self.location, self.starts_at_s, self.positions)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedQuote:
    """A quote as it was given. `versions` has the rate card's and each location's forecast."""

    id: str
    account: str
    created_by: str
    created_at: datetime
    valid_until: datetime
    currency: str
    delivery: DeliveryType
    versions: Mapping[str, str]
    slots: tuple[LockedSlot, ...]
    replaces: str | None = None

    @property
    def total_minor(self) -> int:
        """The price of all positions of all slots."""
        return sum(one.positions * one.price_minor for one in self.slots)

    @property
    def demand(self) -> list[SlotDemand]:
        """What a hold or an order takes."""
        return [one.demand for one in self.slots]

    def is_valid(self, now: datetime) -> bool:
        """Whether its prices still hold."""
        return now < self.valid_until


class QuoteExpiredError(Exception):
    """A quote that is used after its end; `quote` has the former prices."""

    def __init__(self, quote: LockedQuote) -> None:
        self.quote = quote
        super().__init__(
            f"quote {quote.id} was valid until {quote.valid_until:%Y-%m-%dT%H:%M:%SZ}: "
            "POST /api/quotes again for the present price"
        )


class QuoteUsedError(Exception):
    """A quote that an order, a hold or a change was made from before."""


class QuoteOfferedError(Exception):
    """A quote of a proposal that is still offered: it is ordered by accepting the proposal."""


def new_id() -> str:
    """An id that cannot be guessed: 128 random bits."""
    return secrets.token_hex(16)


def store_quote(connection: Connection, quote: LockedQuote) -> None:
    """Store a quote."""
    row = {name: getattr(quote, name) for name in LockedQuote.__slots__}
    row |= {
        "delivery": quote.delivery.value,
        "total_minor": quote.total_minor,
        "versions": msgspec.json.encode(quote.versions).decode(),
        "slots": zlib.compress(msgspec.json.encode(quote.slots)),
    }
    connection.execute(quote_locks.insert().values(row))


def read_quote(
    connection: Connection, name: str, accounts: frozenset[str] | None = None
) -> LockedQuote:
    """A quote of one of the accounts, or of any for None; raises UnknownQuote."""
    wanted = select(quote_locks).where(quote_locks.c.id == name)
    if accounts is not None:
        wanted = wanted.where(quote_locks.c.account.in_(accounts))
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise UnknownQuote("no quote of yours has that id: POST /api/quotes gives a new one")
    return _quote(row)


def read_valid_quote(
    connection: Connection, name: str, now: datetime, accounts: frozenset[str] | None = None
) -> LockedQuote:
    """The same; raises QuoteExpiredError after its end."""
    quote = read_quote(connection, name, accounts)
    if not quote.is_valid(now):
        raise QuoteExpiredError(quote)
    return quote


def use_quote(connection: Connection, quote: LockedQuote, used_for: str, now: datetime) -> None:
    """Store that an order, a hold or a change has the positions of a quote.

    Raises:
        QuoteExpiredError: it is no longer valid.
        QuoteOfferedError: it has the prices of a proposal that is still offered.
        QuoteUsedError: it was used before.
    """
    if not quote.is_valid(now):
        raise QuoteExpiredError(quote)
    _refuse_offered(connection, quote)
    insert = database.insert(connection.dialect.name, quote_uses).on_conflict_do_nothing()
    use = insert.values(quote=quote.id, used_for=used_for, used_at=now)
    if connection.execute(use.returning(quote_uses.c.quote)).first() is None:
        raise QuoteUsedError(
            f"quote {quote.id} was used before: POST /api/quotes for the present price"
        )


def _refuse_offered(connection: Connection, quote: LockedQuote) -> None:
    columns = proposals.c
    wanted = select(columns.id).where(
        columns.account == quote.account, columns.quote == quote.id, columns.state == OFFERED
    )
    proposal = connection.execute(wanted).scalars().first()
    if proposal is not None:
        raise QuoteOfferedError(
            f"quote {quote.id} is of proposal {proposal}: POST /api/proposals/{proposal}/accept "
            "orders it"
        )


def lock_row(connection: Connection, quote: LockedQuote) -> None:
    """Let no other transaction that locks the quote go on before this one ends."""
    columns = quote_locks.c
    connection.execute(select(columns.id).where(columns.id == quote.id).with_for_update())


def find_replacement(
    connection: Connection, former: LockedQuote, now: datetime
) -> LockedQuote | None:
    """The valid, unused quote that was given in place of an expired one."""
    columns = quote_locks.c
    wanted = select(quote_locks).where(
        columns.account == former.account,
        columns.created_at > now - VALID_FOR,
        columns.replaces == former.id,
        columns.valid_until > now,
        columns.id.not_in(select(quote_uses.c.quote)),
    )
    row = connection.execute(wanted.order_by(columns.created_at.desc())).mappings().first()
    return None if row is None else _quote(row)


def delete_old_quotes(connection: Connection, before: datetime) -> int:
    """Delete quotes that ended before a moment, `MAX_DELETED` at most; returns how many."""
    columns = quote_locks.c
    wanted = select(columns.id).where(columns.valid_until < before).limit(MAX_DELETED)
    names = connection.execute(wanted).scalars().all()
    connection.execute(quote_uses.delete().where(quote_uses.c.quote.in_(names)))
    return connection.execute(quote_locks.delete().where(columns.id.in_(names))).rowcount


def _quote(row: Any) -> LockedQuote:
    values = {name: row[name] for name in LockedQuote.__slots__}
    slots = zlib.decompress(row["slots"])
    values |= {
        "delivery": DeliveryType(row["delivery"]),
        "versions": msgspec.json.decode(row["versions"], type=dict[str, str]),
        "slots": msgspec.json.decode(slots, type=tuple[LockedSlot, ...]),
    }
    return LockedQuote(**values)
