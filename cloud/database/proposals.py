"""Proposals: priced slots that sales offers to an account until a moment."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from cloud.database.bookings import ACCOUNT, PERSON
from cloud.database.columns import Instant, metadata

OFFERED: Final = "offered"
"""The state of a proposal that can be accepted, unless it has expired."""

proposals = Table(
    "proposals",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account", ACCOUNT, nullable=False),
    Column("name", String(120), nullable=False),  # of the order that it becomes
    Column("note", String(500)),
    Column("quote", String(32), nullable=False),  # has the slots and their prices
    Column("plan", String(32)),  # that it was made from; null: none
    Column("total_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("slot_count", Integer, nullable=False),
    Column("offered_by", PERSON, nullable=False),
    Column("offered_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("state", String(10), nullable=False),  # offered, accepted, declined, withdrawn
    Column("decided_by", PERSON),
    Column("decided_at", Instant),
    Column("reason", String(200)),  # of a refusal
    Column("order_id", String(32)),  # null: not accepted
    Index("ix_proposals_account", "account", "offered_at"),
    Index("ix_proposals_offered_at", "offered_at", "id"),
)
