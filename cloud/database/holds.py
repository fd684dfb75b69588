"""Quotes that lock a price, and holds of positions until they are booked or expire."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from cloud.database.bookings import ACCOUNT, PERSON
from cloud.database.columns import Instant, metadata

quote_locks = Table(
    "quote_locks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account", ACCOUNT, nullable=False),
    Column("created_by", PERSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("versions", Text, nullable=False),  # JSON: rate card and forecasts
    Column("slots", LargeBinary, nullable=False),  # JSON, deflated: LockedSlot
    Column("replaces", String(32)),  # the expired quote that it was given for; null: none
    Index("ix_quote_locks_account", "account", "created_at"),
    Index("ix_quote_locks_valid_until", "valid_until"),
)

quote_uses = Table(
    "quote_uses",
    metadata,
    Column("quote", String(32), primary_key=True),  # so that it is used once
    Column("used_for", String(32), nullable=False),  # the order, hold or change request
    Column("used_at", Instant, nullable=False),
)

booking_holds = Table(
    "booking_holds",
    metadata,
    Column("id", String(32), primary_key=True),  # also its line in `booking_takes`
    Column("account", ACCOUNT, nullable=False),
    Column("created_by", PERSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("latest_at", Instant, nullable=False),  # no extension goes beyond it
    Column("extensions", Integer, nullable=False),
    Column("state", String(10), nullable=False),  # held, booked, released, expired, displaced
    Column("ended_at", Instant),  # null: held
    Column("quote", String(32)),  # null: the positions have no locked price
    Column("delivery", String(16), nullable=False),
    Column("slot_count", Integer, nullable=False),
    Column("slots", LargeBinary, nullable=False),  # JSON, deflated: SlotDemand
    Index("ix_booking_holds_account", "account", "created_at"),
    Index("ix_booking_holds_state", "state", "expires_at"),
)
