"""The price of an hour is that of its run, or of the line where the run has none."""

from cloud.database.order_hours import divide_evenly, sum_booked_hours
from cloud.database.orders import SlotRun, encode_runs


def test_runs_with_prices_of_their_own_are_summed_at_them() -> None:
    slots = encode_runs((SlotRun(0, 2, 2, 60), SlotRun(7200, 1, 2), SlotRun(10800, 1, 0)))
    assert slots == "[[0,2,2,60],[7200,1,2],[10800,1,0]]"
    found = list(sum_booked_hours(slots, 90))
    assert found == [
        (0, 2, 7200, 120), (3600, 2, 7200, 120), (7200, 2, 7200, 180), (10800, 0, 0, 0),
    ]  # fmt: skip


def test_a_slot_at_half_past_is_divided_with_its_price() -> None:
    slots = encode_runs((SlotRun(1800, 1, 1, 61),))
    assert list(sum_booked_hours(slots, 0)) == [(0, 1, 1800, 30), (3600, 1, 1800, 31)]


def test_parts_are_nearly_equal_and_add_up() -> None:
    assert divide_evenly(10, 3) == [3, 3, 4]
