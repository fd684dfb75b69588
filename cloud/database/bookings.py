"""Capacity of slots, who has taken how much of it, and when screens are not for sale.

A slot is one hour of one screen. `booking_slots.used` is the sum of the slot's rows in
`booking_ledger`: both change in one transaction, and the constraints refuse any other result.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from cloud.database.columns import NAME, NUMBER, Instant, metadata

ACCOUNT: Final = String(40)
PERSON: Final = String(120)

slot_occupancy = Table(
    "slot_occupancy",
    metadata,
    Column("location", NAME, primary_key=True),
    Column("hour_at", BigInteger, primary_key=True, autoincrement=False),  # seconds since 1970
    Column("booked", Integer, nullable=False),  # by a sales system outside this program
    Column("classes", Text, nullable=False),  # JSON: what each pays and asks for, dearest first
    Column("noted_at", Instant, nullable=False),
)

booking_slots = Table(
    "booking_slots",
    metadata,
    Column("location", NAME, primary_key=True),
    Column("hour_at", BigInteger, primary_key=True, autoincrement=False),  # seconds since 1970
    Column("capacity", Integer, nullable=False),  # that may be sold here, never below `used`
    Column("used", Integer, nullable=False),
    CheckConstraint("used >= 0 AND used <= capacity", name="ck_booking_slots_used"),
    postgresql_with={"fillfactor": 50},  # `used` changes often, and no index with it
)

booking_takes = Table(
    "booking_takes",
    metadata,
    Column("line_id", NAME, primary_key=True),
    Column("account", ACCOUNT),  # null: none was given
    Column("delivery", String(16), nullable=False),  # as OpenDirect writes `deliverytype`
    Column("state", String(10), nullable=False),  # held, confirmed, expired, released, displaced
    Column("until_at", Instant),  # of a hold; null: confirmed
    Column("taken_at", Instant, nullable=False),
    Index("ix_booking_takes_until_at", "until_at"),
)

booking_ledger = Table(
    "booking_ledger",
    metadata,
    Column("line_id", NAME, primary_key=True),  # of a row of `booking_takes`, which stays for ever
    Column("location", NAME, primary_key=True),
    Column("hour_at", BigInteger, primary_key=True, autoincrement=False),  # seconds since 1970
    Column("positions", Integer, nullable=False),
    CheckConstraint("positions > 0", name="ck_booking_ledger_positions"),
    Index("ix_booking_ledger_slot", "location", "hour_at"),
)

booking_blackouts = Table(
    "booking_blackouts",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("location", NAME, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),  # not included
    Column("kind", String(12), nullable=False),  # blackout, maintenance
    Column("reason", String(200), nullable=False),
    Column("created_by", PERSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),  # null: in force
    Index("ix_booking_blackouts_location", "location", "ends_at"),
)
