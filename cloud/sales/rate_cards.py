"""Scheduled rate cards: which one is valid when.

A card becomes valid at an instant that was in the future when it was stored, so that every process
has loaded it by then and all change at once. No row is rewritten: an earlier card becomes valid
again by being stored again. Of two cards from the same instant the one stored later is valid.
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
    """A card, and the instant from which it is valid."""

    number: int
    from_at: datetime
    put_at: datetime
    put_by: str
    card: RateCard


def store_card(connection: Connection, put: ScheduledCard) -> None:
    """Store a card for its instant."""
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
    """Every stored card, in the order in which they become valid."""
    columns = rate_cards.c
    rows = connection.execute(select(rate_cards).order_by(columns.from_at, columns.number))
    return [_scheduled_card(row) for row in rows.mappings()]


def card_at(put: Sequence[ScheduledCard], now: datetime) -> ScheduledCard | None:
    """The card that is valid at an instant; None before the first."""
    return next((one for one in reversed(put) if one.from_at <= now), None)


_decoder: Final = msgspec.json.Decoder(RateCard)


def _scheduled_card(row: Any) -> ScheduledCard:
    card = _decoder.decode(row["body"])
    return ScheduledCard(row["number"], row["from_at"], row["put_at"], row["put_by"], card)
