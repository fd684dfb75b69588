"""Stored occupancy: read by slot, replaced whole, and with a digest that shows foreign changes."""

from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import select

from cloud.database.bookings import slot_occupancy
from cloud.pricing.emsr import FareClass
from cloud.pricing.market import Occupancy
from cloud.sales.occupancy import (
    SlotOccupancy,
    digest_of_all,
    read_occupancy,
    replace_occupancy,
    store_occupancy,
)
from tests.cloud.memory_database import in_memory
from tests.cloud.rates import sites

SITE = msgspec.structs.replace(sites().location("KX-01"), formerly=("KX-00",))
EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATE = FareClass("late", 4_500, 2.0, 1.0)
EMPTY_DIGEST = "0" * 64


def slot(hours: int, booked: int, *, location: str = "KX-01", **more: object) -> SlotOccupancy:
    return SlotOccupancy(location, EIGHT + hours * HOUR, Occupancy(6, booked, **more))


def key(hours: int) -> int:
    return int((EIGHT + hours * HOUR).timestamp())


def test_occupancy_is_read_back_by_the_second_that_the_slot_starts():
    with in_memory(slot_occupancy) as connection:
        assert store_occupancy(connection, [slot(0, 5, classes=(LATE,)), slot(1, 0)], at=NOW) == 2
        assert read_occupancy(connection, SITE, EIGHT) == {
            key(0): Occupancy(6, 5, (LATE,)),
            key(1): Occupancy(6, 0),
        }


def test_slots_before_the_instant_and_of_other_sites_are_not_read():
    rows = [slot(-1, 5), slot(0, 4), slot(0, 1, location="LB-01")]
    with in_memory(slot_occupancy) as connection:
        store_occupancy(connection, rows, at=NOW)
        assert read_occupancy(connection, SITE, EIGHT) == {key(0): Occupancy(6, 4)}
        assert read_occupancy(connection, SITE, EIGHT + HOUR) == {}


def test_nothing_is_written_without_slots():
    with in_memory(slot_occupancy) as connection:
        assert store_occupancy(connection, [], at=NOW) == 0
        assert read_occupancy(connection, SITE, EIGHT) == {}


def test_a_later_load_replaces_the_slot_with_its_classes():
    with in_memory(slot_occupancy) as connection:
        store_occupancy(connection, [slot(0, 5, classes=(LATE,))], at=NOW)
        store_occupancy(connection, [slot(0, 2)], at=NOW + HOUR)
        assert read_occupancy(connection, SITE, EIGHT) == {key(0): Occupancy(6, 2)}
        assert connection.execute(select(slot_occupancy.c.noted_at)).scalars().all() == [NOW + HOUR]


def test_the_present_id_goes_before_a_former_one():
    rows = [slot(0, 5), slot(0, 1, location="KX-00"), slot(1, 3, location="KX-00")]
    with in_memory(slot_occupancy) as connection:
        store_occupancy(connection, rows, at=NOW)
        found = read_occupancy(connection, SITE, EIGHT)
    assert (found[key(0)].booked, found[key(1)].booked) == (5, 3)


def test_after_the_loop_was_shortened_every_position_is_booked():
    short = msgspec.structs.replace(SITE, loop=msgspec.structs.replace(SITE.loop, length_s=30))
    with in_memory(slot_occupancy) as connection:
        store_occupancy(connection, [slot(0, 5)], at=NOW)
        assert read_occupancy(connection, short, EIGHT) == {key(0): Occupancy(3, 3)}


def test_the_digest_of_a_load_is_that_of_the_whole_table():
    with in_memory(slot_occupancy) as connection:
        assert digest_of_all(connection) == EMPTY_DIGEST
        first = replace_occupancy(connection, [slot(0, 5), slot(1, 1)], at=NOW, before=None)
        assert (first.slots, first.rows) == (2, digest_of_all(connection))
        second = replace_occupancy(
            connection, [slot(1, 2), slot(2, 3)], at=NOW + HOUR, before=first.rows
        )
        assert second.rows == digest_of_all(connection) != first.rows


def test_a_foreign_change_keeps_showing_after_the_next_load():
    with in_memory(slot_occupancy) as connection:
        first = replace_occupancy(connection, [slot(0, 5)], at=NOW, before=None)
        connection.execute(slot_occupancy.update().values(booked=0))
        second = replace_occupancy(connection, [slot(1, 1)], at=NOW, before=first.rows)
        assert second.rows != digest_of_all(connection)


def test_the_digest_does_not_depend_on_the_order_of_loading():
    with in_memory(slot_occupancy) as one, in_memory(slot_occupancy) as other:
        store_occupancy(one, [slot(0, 5), slot(1, 1)], at=NOW)
        store_occupancy(other, [slot(1, 1), slot(0, 5)], at=NOW)
        assert digest_of_all(one) == digest_of_all(other) != EMPTY_DIGEST
