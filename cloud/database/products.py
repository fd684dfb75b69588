"""What is offered for sale: products, dayparts, and what each screen does not show."""

from sqlalchemy import Column, Integer, String, Table, Text

from cloud.database.bookings import PERSON
from cloud.database.columns import NAME, Instant, metadata

products = Table(
    "products",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("locations", Text, nullable=False),  # JSON; several: a package
    Column("daypart", NAME),  # null: every hour
    Column("min_hours", Integer, nullable=False),  # of one quote or hold
    Column("changed_by", PERSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("removed_at", Instant),  # null: for sale
)

dayparts = Table(
    "dayparts",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("weekdays", String(20), nullable=False),  # JSON: 1 Monday to 7 Sunday
    Column("hours", String(120), nullable=False),  # local hours, as order lines have them
    Column("zone", NAME, nullable=False),  # local: that of each screen
    Column("changed_by", PERSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

screen_restrictions = Table(
    "screen_restrictions",
    metadata,
    Column("location", NAME, primary_key=True),
    Column("categories", Text, nullable=False),  # JSON: IAB categories that are not shown
    Column("sizes", Text, nullable=False),  # JSON: width and height in pixels; empty: the screen's
    Column("max_length_s", Integer),  # null: the spot of the loop
    Column("reason", String(200), nullable=False),
    Column("changed_by", PERSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
