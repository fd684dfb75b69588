"""Slots are grouped into runs; what is sold follows the state."""

from cloud.booking.order_line import SOLD, BookingStatus, group_slots
from tests.cloud.booking.order_lines import order_line


def test_consecutive_slots_are_one_run() -> None:
    hour = 3_600
    found = group_slots([2 * hour, 0, hour, 5 * hour], [7 * hour], 2)
    assert [(run.starts_at // hour, run.hours, run.positions) for run in found] == [
        (0, 3, 2), (5, 1, 2), (7, 1, 0),
    ]  # fmt: skip


def test_states_are_those_of_opendirect_and_lines_that_were_not_ordered_are_not_sold() -> None:
    assert len(BookingStatus) == 13
    assert {*BookingStatus} - SOLD == {
        "Draft", "PendingReservation", "Reserved", "PendingBooking", "Canceled", "Expired",
        "Declined",
    }  # fmt: skip


def test_a_change_of_price_begins_another_run() -> None:
    hour = 3_600
    prices = {0: 60, hour: 60, 2 * hour: 90}
    found = group_slots(prices, [5 * hour], 2, prices)
    assert [(run.hours, run.positions, run.price_minor) for run in found] == [
        (2, 2, 60), (1, 2, 90), (1, 0, None),
    ]  # fmt: skip


def test_a_line_with_prices_by_slot_has_those_slots() -> None:
    assert order_line(slot_prices=((0, 60), (7200, 90))).slots == (0, 7200)
    assert order_line(2).slots[1] - order_line(2).slots[0] == 3600
