"""Verification names every row that does not fit the others, and every slot that is oversold."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from cloud.booking.capacity import take
from cloud.booking.holds import place_hold
from cloud.booking.order_store import add_versions
from cloud.booking.verification import verify_bookings
from cloud.database.bookings import slot_occupancy
from tests.cloud.booking.capacity_data import (
    EIGHT_S,
    HOUR,
    NOW,
    SITES,
    demand,
    with_positions,
)
from tests.cloud.booking.order_lines import order_line
from tests.cloud.booking.test_holds import POLICY, hold


@pytest.fixture
def booked(sqlite: Connection) -> Connection:
    """One order line with two hours of two positions, and one hold."""
    firm = order_line(2, line_id="firm", starts_at=NOW + timedelta(hours=1), positions=2)
    add_versions(sqlite, [firm], at=NOW, before=None)
    first = (firm.slots[0] - EIGHT_S) // 3600
    take(sqlite, SITES, demand([first, first + 1], 2), line_id="firm", until=None, now=NOW)
    place_hold(sqlite, SITES, hold("held", demand(range(2), 3)), policy=POLICY)
    return sqlite


def find(connection: Connection, sites=SITES) -> tuple[tuple[str, ...], tuple[str, ...]]:
    report = verify_bookings(connection, sites, NOW)
    return report.findings, report.oversold


def test_nothing_is_found_where_everything_fits(booked: Connection) -> None:
    report = verify_bookings(booked, SITES, NOW)
    assert (report.slots, report.lines, report.holds) == (4, 2, 1)
    assert (report.findings, report.oversold) == ((), ())
    assert verify_bookings(booked, SITES, NOW + 3 * HOUR).findings == (), "an unswept hold is none"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("UPDATE booking_slots SET used = 1 WHERE used = 3", "1 positions are used, the ledger"),
        ("DELETE FROM booking_ledger WHERE line_id = 'held'", "the ledger has 0"),
        ("UPDATE booking_takes SET state = 'released', until_at = NULL WHERE line_id = 'held'",
         "its state is released"),
        ("UPDATE booking_takes SET until_at = until_at + 1 WHERE line_id = 'held'",
         "its positions do not"),
        ("UPDATE order_line_versions SET booking_status = 'Canceled'", "still confirmed"),
        ("UPDATE booking_takes SET state = 'held' WHERE line_id = 'firm'", "positions are held"),
        ("UPDATE booking_ledger SET positions = 1 WHERE line_id = 'firm'", "2 slots differ"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_is_named(booked: Connection, fault: str, words: str) -> None:
    booked.execute(text(fault))
    findings, _ = find(booked)
    assert any(words in one for one in findings), findings


def test_a_slot_with_more_taken_than_the_sites_file_has_is_reported(booked: Connection) -> None:
    findings, oversold = find(booked, with_positions(2))
    assert findings == ()
    assert oversold == (
        "KX-01 at 2026-11-23T08:00Z: 3 positions are taken here and 0 elsewhere, "
        "the sites file has 2: move or cancel lines",
        "KX-01 at 2026-11-23T09:00Z: 3 positions are taken here and 0 elsewhere, "
        "the sites file has 2: move or cancel lines",
    )
    row = {"location": "KX-01", "hour_at": EIGHT_S, "booked": 4, "classes": "[]", "noted_at": NOW}
    booked.execute(slot_occupancy.insert(), row)
    assert "3 positions are taken here and 4 elsewhere" in find(booked)[1][0]
