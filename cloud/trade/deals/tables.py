"""Tables of private deals: deals, the bid requests of each, and the notices that are due."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from cloud.database.columns import NAME, NUMBER, Instant, metadata

ID: Final = String(32)
ACCOUNT: Final = String(40)
PERSON: Final = String(120)

private_deals = Table(
    "private_deals",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account", ACCOUNT, nullable=False),
    Column("order_id", ID, nullable=False),  # has the lines that are won
    Column("name", PERSON, nullable=False),
    Column("url", Text, nullable=False),  # of the bidder; may have a secret
    Column("seat", String(64)),
    Column("locations", Text, nullable=False),  # JSON: ids; empty: every screen
    Column("auction", Integer, nullable=False),  # OpenRTB's `at`
    Column("floor_minor", BigInteger),  # of a thousand impressions; null: the price of the slot
    Column("currency", String(3), nullable=False),
    Column("tmax_ms", Integer, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", PERSON, nullable=False),
    Column("closed_at", Instant),
    Index("ix_private_deals_account", "account", "created_at"),
)

bid_requests = Table(
    "bid_requests",
    metadata,
    Column("id", ID, primary_key=True),
    Column("deal_id", ID, nullable=False),
    Column("location", NAME, nullable=False),
    Column("slot_at", Instant, nullable=False),
    Column("status", String(10), nullable=False),
    Column("floor_minor", BigInteger, nullable=False),
    Column("per_play", String(24), nullable=False),  # impressions of a play, a decimal
    Column("quantity", String(24), nullable=False),  # impressions that were sent, a decimal
    Column("request", Text, nullable=False),  # JSON, as it was sent
    Column("requested_at", Instant, nullable=False),
    Column("requested_by", PERSON, nullable=False),
    Column("decided_at", Instant),
    Column("loss_reason", Integer),  # of OpenRTB; null: won, or no bid was read
    Column("reason", Text),
    Column("price_minor", BigInteger),  # of a thousand impressions; null: nothing was bought
    Column("creative", String(64)),
    Column("line_id", NAME),
    Index("ix_bid_requests_deal", "deal_id", "requested_at", "id"),
    Index("ix_bid_requests_status", "status", "requested_at"),
)

bid_notices = Table(
    "bid_notices",  # each is sent once, and again only where it may not have arrived
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("request_id", ID, nullable=False),
    Column("bid_number", Integer, nullable=False),  # of the response, from 0
    Column("kind", String(4), nullable=False),  # nurl, burl, lurl
    Column("url", Text, nullable=False),  # with macros
    Column("details", Text, nullable=False),  # JSON: the values of macros that are known
    Column("status", String(8), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Instant),
    Column("billed", String(24)),  # impressions that a burl stated, a decimal
    Column("failure", String(200)),
    Index("uq_bid_notices_kind", "request_id", "bid_number", "kind", unique=True),
    Index("ix_bid_notices_due", "status", "due_at", "id"),
)
