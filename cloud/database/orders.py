"""Orders of advertisers: every version of every order line, appended and never changed.

A line books loop positions of one location for some hours, as in OpenDirect 2.1. A change of a line
is a new version, so the newest version is the line as it is. Those who follow the table by `id`
read each version once.
"""

from typing import Final

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from cloud.database.columns import NAME, NUMBER, Instant, metadata

TEXT: Final = String(120)

order_line_versions = Table(
    "order_line_versions",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("order_id", NAME, nullable=False),
    Column("line_id", NAME, nullable=False),
    Column("version", Integer, nullable=False),  # 1, 2, 3, ... of each line
    Column("account", TEXT, nullable=False),
    Column("advertiser", TEXT, nullable=False),
    Column("campaign", TEXT, nullable=False),
    Column("booking_status", String(20), nullable=False),  # as OpenDirect writes it
    Column("location", NAME, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),  # not included
    Column("hours", String(120), nullable=False),  # local hours of each day; all when empty
    Column("positions", Integer, nullable=False),
    Column("price_minor", BigInteger, nullable=False),  # of one position for one hour, or the mean
    Column("currency", String(3), nullable=False),
    Column("creatives", Text, nullable=False),  # JSON
    Column("slots", Text, nullable=False),  # JSON: SlotRun
    Column("changed_at", Instant, nullable=False),  # when this version was stored
    UniqueConstraint("line_id", "version"),
    Index("ix_order_line_versions_order", "order_id"),
)


class SlotRun(msgspec.Struct, frozen=True, array_like=True):
    """Consecutive slots from `starts_at` (seconds since 1970) on, each of one hour.

    `positions` is 0 where the version before booked the slots and this one does not. `price_minor`
    is that of one position for one hour of the run; None: the price of the line.
    """

    starts_at: int
    hours: int
    positions: int
    price_minor: int | None = None

    def price_or(self, line_price_minor: int) -> int:
        """The price of one position for one hour, where the line has that price."""
        return line_price_minor if self.price_minor is None else self.price_minor


def encode_runs(runs: tuple[SlotRun, ...]) -> str:
    """As the column `slots` has them; runs at the price of the line have three values."""
    values = ((one.starts_at, one.hours, one.positions, one.price_minor) for one in runs)
    return msgspec.json.encode([row[:3] if row[3] is None else row for row in values]).decode()


def decode_runs(slots: str) -> tuple[SlotRun, ...]:
    """The runs of the column `slots`; raises msgspec.ValidationError."""
    return msgspec.json.decode(slots, type=tuple[SlotRun, ...])
