"""States that follow from the clock, once each."""

from datetime import timedelta

from cloud.booking.orders.due_changes import apply_due_changes, apply_due_changes_of
from tests.cloud.booking.orders.order_steps import HOUR, MONDAY_SEVEN, NOON, Steps, priced_quote

SECOND = timedelta(seconds=1)


def apply(steps: Steps) -> int:
    return steps.run(apply_due_changes)


def test_a_reservation_expires_and_its_positions_are_free_again(steps_of_each: Steps) -> None:
    steps = steps_of_each
    order_id = steps.place(priced_quote(positions=6))
    steps.reserve(order_id)
    ends_at = NOON + steps.policy.reservation
    assert apply(steps.at(ends_at - SECOND)) == 0
    assert apply(steps.at(ends_at)) == 1
    assert apply(steps.at(ends_at)) == 0
    assert steps.statuses(order_id) == ["Expired"]
    steps.at(ends_at).reset(order_id)
    steps.at(ends_at).book(order_id)


def test_a_line_is_in_flight_from_its_start_with_a_creative_and_finishes(steps: Steps) -> None:
    order_id = steps.place(creatives=("a",))
    steps.book(order_id)
    states = [(MONDAY_SEVEN - SECOND, "Booked"), (MONDAY_SEVEN, "InFlight"),
              (MONDAY_SEVEN + 3 * HOUR - SECOND, "InFlight"),
              (MONDAY_SEVEN + 3 * HOUR, "Finished")]  # fmt: skip
    for now, status in states:
        apply(steps.at(now))
        assert steps.statuses(order_id) == [status]


def test_without_an_approved_creative_a_line_stays_booked_until_its_flight_ends(
    steps: Steps,
) -> None:
    order_id = steps.place()
    steps.book(order_id)
    assert apply(steps.at(MONDAY_SEVEN + HOUR)) == 0
    steps.options = {"find_ready": lambda _connection, lines: {line.line_id for line in lines}}
    assert apply(steps.at(MONDAY_SEVEN + 2 * HOUR)) == 1
    assert steps.statuses(order_id) == ["InFlight"]
    other = steps.place(priced_quote((5,), prices=(10,)))
    steps.book(other)
    late = steps.at(MONDAY_SEVEN + 6 * HOUR)
    assert late.run(lambda work: apply_due_changes_of(work, other)) == 1
    assert steps.statuses(other) == ["Finished"]
