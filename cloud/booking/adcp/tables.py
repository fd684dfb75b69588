"""Tables of what AdCP knows of an order and the order itself does not have.

A package is the lines of one locked quote, whose id it has. Amounts are minor units.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from cloud.auth.keys import MAX_ACCOUNT
from cloud.database.columns import NAME, Instant, metadata

adcp_packages = Table(
    "adcp_packages",
    metadata,
    Column("id", String(64), primary_key=True),  # the quote of its lines
    Column("order_id", String(32), nullable=False),
    Column("product", NAME, nullable=False),
    Column("pricing_option", String(40), nullable=False),
    Column("budget_minor", BigInteger, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("request", Text, nullable=False),  # JSON: what is echoed, such as dayparts
    Index("ix_adcp_packages_order", "order_id", "id"),
)

adcp_accounts = Table(
    "adcp_accounts",
    metadata,
    Column("agent", String(MAX_ACCOUNT), primary_key=True),  # account of the key
    Column("operator", String(253), primary_key=True),
    Column("brand_domain", String(253), primary_key=True),
    Column("brand_id", String(120), primary_key=True),  # empty without one
    Column("account", String(MAX_ACCOUNT), nullable=False),
    Column("registered_by", String(120), nullable=False),
    Column("registered_at", Instant, nullable=False),
)
