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
from tests.cloud.memory_database import in_memory


@pytest.fixture
def sqlite() -> Iterator[Connection]:
    tables = (slot_occupancy, booking_slots, booking_takes, booking_ledger, booking_blackouts)
    with in_memory(*tables) as connection:
        yield connection
