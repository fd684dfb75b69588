"""A database in memory with the tables of bookings."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from cloud.database.bookings import (
    booking_blackouts,
    booking_ledger,
    booking_slots,
    booking_takes,
    slot_occupancy,
)
from cloud.database.holds import booking_holds, quote_locks, quote_uses
from cloud.database.orders import order_line_versions
from cloud.database.products import dayparts, products, screen_restrictions
from cloud.database.proposals import proposals
from tests.cloud.memory_database import in_memory

TABLES = (
    order_line_versions,
    slot_occupancy, booking_slots, booking_takes, booking_ledger, booking_blackouts, booking_holds,
    quote_locks, quote_uses, proposals, products, dayparts, screen_restrictions,
)  # fmt: skip


@pytest.fixture
def sqlite() -> Iterator[Connection]:
    with in_memory(*TABLES) as connection:
        yield connection
