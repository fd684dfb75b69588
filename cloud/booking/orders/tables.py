"""Tables of orders that are placed here: orders, their lines, and change requests.

A row of `booked_lines` is a line as it is now; each change is appended to `order_line_versions`
in the same transaction. Amounts are minor units.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from cloud.auth.keys import MAX_ACCOUNT
from cloud.database.columns import NAME, Instant, metadata

TEXT: Final = String(120)
REASON: Final = String(200)

orders = Table(
    "orders",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account", String(MAX_ACCOUNT), nullable=False),
    Column("agency", String(MAX_ACCOUNT)),  # account of the agency that acts for it
    Column("brand", String(32)),
    Column("advertiser", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("purchase_order", TEXT),
    Column("currency", String(3), nullable=False),
    Column("budget_minor", BigInteger),
    Column("commission_bp", Integer, nullable=False),  # of the agency, when the order was placed
    Column("discount_bp", Integer, nullable=False),
    Column("discount_by", TEXT),
    Column("approval", String(12), nullable=False),
    Column("approval_by", TEXT),
    Column("approval_at", Instant),
    Column("created_by", TEXT, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("ix_orders_account", "account", "created_at"),
    Index("ix_orders_agency", "agency"),
)

booked_lines = Table(
    "booked_lines",
    metadata,
    Column("line_id", NAME, primary_key=True),
    Column("order_id", String(32), nullable=False),
    Column("booking_status", String(20), nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("location", NAME, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("positions", Integer, nullable=False),
    Column("slots", Text, nullable=False),  # JSON: SlotRun with the quoted price
    Column("cost_minor", BigInteger, nullable=False, server_default="0"),  # after the discount
    Column("currency", String(3), nullable=False),
    Column("discount_bp", Integer, nullable=False),
    Column("quote_id", String(64), nullable=False),
    Column("quote_ends_at", Instant, nullable=False),
    Column("creatives", Text, nullable=False),  # JSON
    Column("expires_at", Instant),
    Column("reason", REASON),
    Column("cancellation_minor", BigInteger, nullable=False),  # due for released hours
    Column("make_good_of", NAME),
    Column("changed_by", TEXT, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("ix_booked_lines_order", "order_id", "line_id"),
    Index("ix_booked_lines_quote", "quote_id"),
    Index("ix_booked_lines_status", "booking_status", "starts_at"),
)

order_changes = Table(
    "order_changes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("order_id", String(32), nullable=False),
    Column("line_id", NAME, nullable=False),
    Column("status", String(12), nullable=False),
    Column("change", Text, nullable=False),  # JSON: LineChange
    Column("reason", REASON, nullable=False),
    Column("cost_before_minor", BigInteger, nullable=False),
    Column("cost_after_minor", BigInteger, nullable=False),
    Column("requested_by", TEXT, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("decided_by", TEXT),
    Column("decided_at", Instant),
    Column("decision_reason", REASON),
    Column("quote", String(32)),  # of the positions that it adds; null: it adds none
    Index("ix_order_changes_order", "order_id", "requested_at"),
)
