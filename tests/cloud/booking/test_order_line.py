"""Slots are grouped into runs; what is sold follows the state."""

from cloud.booking.order_line import SOLD, BookingStatus, group_slots


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
