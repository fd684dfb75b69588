"""Rate cards as they were put in force: which one holds when.

Hard truth: a card holds from a moment on that was still to come when it was put, so that every
process has heard of it by then and all change at once. Nothing is rewritten: an earlier card comes
back by being put again. Of two cards from the same moment the one that was put later holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Connection, Integer, String, Table, Text, insert, select

from cloud import database
from cloud.pricing.rate_card import RateCard

rate_cards = Table(
    "rate_cards",
    database.metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # of its audit entry
    Column("version", String(40), nullable=False),
    Column("digest", String(12), nullable=False),
    Column("from_at", database.Instant, nullable=False),
    Column("put_at", database.Instant, nullable=False),
    Column("put_by", String(120), nullable=False),
    Column("body", Text, nullable=False),  # JSON
)


@dataclass(frozen=True, slots=True)
class ScheduledCard:
    """A card, and from when on it holds."""

    number: int
    from_at: datetime
    put_at: datetime
    put_by: str
    card: RateCard


def store_card(connection: Connection, put: ScheduledCard) -> None:
    """Keep a card for the moment that it is put for."""
    row = {
        "number": put.number,
        "version": put.card.version,
        "digest": put.card.digest,
        "from_at": put.from_at,
        "put_at": put.put_at,
        "put_by": put.put_by,
        "body": msgspec.json.encode(put.card, order="sorted").decode(),
    }
    connection.execute(insert(rate_cards).values(row))


def read_scheduled_cards(connection: Connection) -> Sequence[ScheduledCard]:
    """Every card that was ever put, in the order in which they hold."""
    columns = rate_cards.c
    rows = connection.execute(select(rate_cards).order_by(columns.from_at, columns.number))
    return [_scheduled_card(row) for row in rows.mappings()]


def card_at(put: Sequence[ScheduledCard], now: datetime) -> ScheduledCard | None:
    """The card that holds at a moment; None where none had been put for it."""
    return next((one for one in reversed(put) if one.from_at <= now), None)


_decoder: Final = msgspec.json.Decoder(RateCard)


def _scheduled_card(row: Any) -> ScheduledCard:
    card = _decoder.decode(row["body"])
    return ScheduledCard(row["number"], row["from_at"], row["put_at"], row["put_by"], card)
