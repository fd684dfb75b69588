"""The table of published prices: one sheet for each site and local day, never changed."""

from typing import Final

from sqlalchemy import Column, Date, LargeBinary, String, Table, UniqueConstraint

from cloud.database.columns import NAME, NUMBER, Instant, metadata

CURRENCY: Final = String(3)

price_sheets = Table(
    "price_sheets",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),  # the lake reads by it
    Column("location", NAME, nullable=False),
    Column("published_on", Date, nullable=False),  # local day
    Column("published_at", Instant, nullable=False),
    Column("first_at", Instant, nullable=False),  # start of the first hour
    Column("versions", String(160), nullable=False),  # rate card and forecast
    Column("currency", CURRENCY),  # null: published before it was recorded
    Column("body", LargeBinary, nullable=False),  # int64 minor units of consecutive hours, deflated
    UniqueConstraint("location", "published_on", name="uq_price_sheets_day"),
    sqlite_autoincrement=True,  # a deleted number is not used again
)
