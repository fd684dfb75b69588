"""Quotes that lock the price of slots until a moment, with the factors and versions behind it.

A quote is never changed. An order or a hold that is made from it has its prices, whatever the
client sends; a quote that has expired is refused.
"""

import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.database.holds import quote_locks

VALID_FOR: Final = timedelta(minutes=30)
"""How long a price is locked: longer than a check-out takes, shorter than a forecast is used."""


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


def delete_old_quotes(connection: Connection, before: datetime) -> int:
    """Delete the quotes that ended before a moment; returns how many."""
    return connection.execute(
        quote_locks.delete().where(quote_locks.c.valid_until < before)
    ).rowcount


def _quote(row: Any) -> LockedQuote:
    values = {name: row[name] for name in LockedQuote.__slots__}
    slots = zlib.decompress(row["slots"])
    values |= {
        "delivery": DeliveryType(row["delivery"]),
        "versions": msgspec.json.decode(row["versions"], type=dict[str, str]),
        "slots": msgspec.json.decode(slots, type=tuple[LockedSlot, ...]),
    }
    return LockedQuote(**values)
