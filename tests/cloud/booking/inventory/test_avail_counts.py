"""Counts of many screens in three queries: here, held, outside; expired holds in none."""

from functools import partial

import msgspec
import numpy as np
from sqlalchemy import Connection

from cloud.booking import capacity
from cloud.booking.inventory.avail_counts import read_count_grid
from cloud.booking.taken import read_taken
from cloud.database.bookings import slot_occupancy
from tests.cloud.booking.capacity_data import EIGHT_S, HOUR, NOW, SITES, demand

take = partial(capacity.take, now=NOW)
SCREENS = [SITES.location("KX-01"), SITES.location("LB-01")]
HOURS_S = np.array([EIGHT_S + 3600 * hour for hour in range(3)], dtype=np.int64)


def test_each_screen_has_its_own_counts(connection: Connection) -> None:
    take(connection, SITES, demand(range(2), 2), line_id="firm", until=None)
    take(connection, SITES, demand([1, 2], 1), line_id="held", until=NOW + 2 * HOUR)
    take(connection, SITES, demand([1, 2], 3), line_id="late", until=NOW + HOUR)
    take(connection, SITES, demand(9), line_id="beyond", until=None)
    row = {"location": "LB-01", "hour_at": EIGHT_S, "booked": 4, "classes": "[]", "noted_at": NOW}
    connection.execute(slot_occupancy.insert(), row)
    later = NOW + HOUR
    grid = read_count_grid(connection, SCREENS, EIGHT_S, EIGHT_S + 3 * 3600, later)
    first, second = (grid.pick(site, HOURS_S) for site in SCREENS)
    assert first.taken.tolist() == [2, 3, 1], "an expired hold does not count"
    assert first.held.tolist() == [0, 1, 1]
    assert first.outside.tolist() == second.taken.tolist() == [0, 0, 0]
    assert second.outside.tolist() == [4, 0, 0]
    assert read_taken(connection, SCREENS[0], later, later) == {
        EIGHT_S: 2, EIGHT_S + 3600: 3, EIGHT_S + 7200: 1, EIGHT_S + 9 * 3600: 1,
    }  # fmt: skip


def test_a_former_id_counts_for_the_present_one(sqlite: Connection) -> None:
    take(sqlite, SITES, demand(range(2), 2), line_id="firm", until=None)
    renamed = msgspec.structs.replace(SCREENS[0], id="KX-10", formerly=("KX-01",))
    grid = read_count_grid(sqlite, [renamed], EIGHT_S, EIGHT_S + 3 * 3600, NOW)
    assert grid.pick(renamed, HOURS_S).taken.tolist() == [2, 2, 0]
    assert read_taken(sqlite, renamed, NOW, NOW) == {EIGHT_S: 2, EIGHT_S + 3600: 2}
