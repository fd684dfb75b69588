"""Tables of retail prices: what is recommended, approved and in force, and experiments on prices.

Amounts are minor units of the row's currency, changes and shares are basis points. A row of
`retail_prices` is one approved price; the price in force is read by `cloud.sales.retail.prices`.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String, Table, Text

from cloud.database.bookings import PERSON
from cloud.database.columns import NAME, Instant, metadata

ID: Final = String(32)
CATEGORY: Final = String(120)
LONGEST_REASON: Final = 300

retail_recommendations = Table(
    "retail_recommendations",
    metadata,
    Column("id", ID, primary_key=True),
    Column("batch", ID, nullable=False),  # of one nightly run or one request
    Column("product", NAME, nullable=False),
    Column("store", NAME, nullable=False),
    Column("region", NAME, nullable=False),
    Column("category", CATEGORY, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("current_minor", BigInteger, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("margin_change_minor", BigInteger),  # expected in a week; null: not estimated
    Column("evidence", Text, nullable=False),  # JSON: interval, reasons, rules, alternatives
    Column("proposed_by", PERSON, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("state", String(12), nullable=False),
    Column("decided_by", PERSON),
    Column("decided_at", Instant),
    Column("decided_minor", BigInteger),  # the price of the decision; null: rejected, expired
    Column("reason", String(LONGEST_REASON)),
    Index("ix_retail_recommendations_state", "state", "proposed_at"),
    Index("ix_retail_recommendations_batch", "batch"),
)
Index(
    "uq_retail_recommendations_proposed",  # one to decide on for each product and store
    retail_recommendations.c.product,
    retail_recommendations.c.store,
    unique=True,
    sqlite_where=retail_recommendations.c.state == "proposed",
    postgresql_where=retail_recommendations.c.state == "proposed",
)

retail_prices = Table(
    "retail_prices",
    metadata,
    Column("id", ID, primary_key=True),
    Column("product", NAME, nullable=False),
    Column("store", NAME, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant),  # null: until another price replaces it
    Column("layer", String(12), nullable=False),  # base, experiment, override: the last is first
    Column("source", String(16), nullable=False),
    Column("state", String(12), nullable=False),  # scheduled, active, ended, blocked, ...
    Column("recommendation", ID),
    Column("experiment", ID),
    Column("batch", ID, nullable=False),  # prices that were approved together
    Column("rolls_back", ID),  # the price that it replaces
    Column("reason", String(LONGEST_REASON)),
    Column("approved_by", PERSON, nullable=False),
    Column("approved_at", Instant, nullable=False),
    Column("activated_at", Instant),
    Column("state_reason", String(LONGEST_REASON)),  # why it was blocked, cancelled or rolled back
    Index("ix_retail_prices_path", "product", "store", "starts_at"),
    Index("ix_retail_prices_due", "state", "starts_at"),
    Index("ix_retail_prices_batch", "batch"),
    Index("ix_retail_prices_experiment", "experiment"),
)
Index(
    "uq_retail_prices_active",  # one active price of a layer for each product and store
    retail_prices.c.product,
    retail_prices.c.store,
    retail_prices.c.layer,
    unique=True,
    sqlite_where=retail_prices.c.state == "active",
    postgresql_where=retail_prices.c.state == "active",
)

retail_experiments = Table(
    "retail_experiments",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("products", Text, nullable=False),  # JSON
    Column("change_bp", Integer, nullable=False),  # of the treated price against the control
    Column("assignment", Text, nullable=False),  # JSON: cluster to arm
    Column("stores", Text, nullable=False),  # JSON: store to cluster
    Column("seed", BigInteger, nullable=False),
    Column("alpha_ppm", Integer, nullable=False),
    Column("harm_limit_bp", Integer, nullable=False),  # of the control's margin
    Column("pre_from_on", Date, nullable=False),  # of the period before, for CUPED
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("stopped_at", Instant),
    Column("stopped_by", PERSON),
    Column("stop_reason", String(LONGEST_REASON)),
    Column("created_at", Instant, nullable=False),
    Column("created_by", PERSON, nullable=False),
    Index("ix_retail_experiments_created_at", "created_at", "id"),
)
