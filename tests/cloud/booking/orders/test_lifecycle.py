"""Positions, versions, states and the audit log change together, on both databases."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from cloud.auth.audit import read_entries, verify_chain
from cloud.auth.audit_comparisons import compare_with_log
from cloud.booking.audit_log.comparisons import HoldComparison
from cloud.booking.audit_log.hold_entries import PLACE, record_hold
from cloud.booking.holds import (
    BookingHold,
    BookingHoldState,
    HoldLimitError,
    find_hold,
    place_hold,
)
from cloud.booking.order_line import BookingStatus
from cloud.booking.order_store import digest_of_all, read_newest
from cloud.booking.orders.approvals import approve_order
from cloud.booking.orders.cancellation import keep_delivered
from cloud.booking.orders.due_changes import apply_due_changes
from cloud.booking.orders.lifecycle import (
    PriceExpiredError,
    pause_lines,
    resume_lines,
)
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.policy import HoldLimits
from cloud.booking.quote_locks import QuoteExpiredError
from cloud.booking.slots import DeliveryType, NotAvailableError
from cloud.booking.takes import NotHeldError
from cloud.booking.transitions import ReasonRequiredError, TransitionError
from cloud.booking.version_digest import read_last_digest
from cloud.database import reading, writing
from cloud.database.bookings import booking_ledger
from tests.cloud.booking.capacity_data import read_free
from tests.cloud.booking.orders.order_steps import (
    HOUR,
    MONDAY_SEVEN,
    NOON,
    SALES,
    Steps,
    priced_quote,
)
from tests.cloud.rates import sites

FULL = 6
SEVEN_S = int(MONDAY_SEVEN.timestamp())


def free_positions(steps: Steps, hour: int = 0) -> int:
    with reading(steps.engine) as connection:
        row = ("KX-01", SEVEN_S + hour * 3600, 0)
        return read_free(connection, [row])[row[:2]]


def test_a_line_is_reserved_and_booked_with_the_prices_of_the_quote(steps_of_each: Steps) -> None:
    steps = steps_of_each
    order_id = steps.place(priced_quote(positions=2))
    assert steps.statuses(order_id) == ["Draft"]
    (reserved,) = steps.reserve(order_id)
    assert reserved.expires_at == NOON + steps.policy.reservation
    assert free_positions(steps) == FULL - 2
    (booked,) = steps.at(NOON + HOUR).book(order_id)
    assert (booked.booking_status, booked.expires_at) == ("Booked", None)
    assert booked.cost_minor == 2 * (60 + 60 + 90)
    with reading(steps.engine) as connection:
        newest = read_newest(connection)[booked.line_id]
        assert (newest.version, newest.booking_status, newest.price_minor) == (3, "Booked", 70)
        assert newest.slots == f"[[{SEVEN_S},2,2,60],[{SEVEN_S + 7200},1,2,90]]"
        assert verify_chain(connection)
        assert read_last_digest(connection) == digest_of_all(connection)
        actions = [entry.action for entry in read_entries(connection)][3:]
    assert actions == ["order.create", "order.line.add", "order.line.reserve", "order.line.book"]


def test_the_last_position_is_sold_once_and_nothing_is_left_of_the_other(
    steps_of_each: Steps,
) -> None:
    steps = steps_of_each
    first = steps.place(priced_quote(positions=FULL))
    second = steps.place(priced_quote((2, 3), prices=(90, 90)))
    steps.book(first)
    with pytest.raises(NotAvailableError) as error:
        steps.book(second)
    assert [(slot.free, slot.reason) for slot in error.value.slots] == [(0, "Booked")]
    assert steps.statuses(second) == ["Draft"]
    steps.cancel(first)
    assert steps.book(second)[0].booking_status == "Booked"


def test_a_reservation_can_be_reset_and_reserved_again(steps: Steps) -> None:
    order_id = steps.place()
    steps.reserve(order_id)
    steps.reset(order_id)
    assert (steps.statuses(order_id), free_positions(steps)) == (["Draft"], FULL)
    steps.reserve(order_id)
    assert free_positions(steps) == FULL - 1


def test_an_expired_reservation_cannot_be_booked(steps: Steps) -> None:
    order_id = steps.place()
    steps.reserve(order_id)
    with pytest.raises(NotHeldError):
        steps.at(NOON + steps.policy.reservation).book(order_id)


def test_a_draft_with_an_expired_quote_is_neither_reserved_nor_booked(steps: Steps) -> None:
    order_id = steps.place(priced_quote(valid_until=NOON + HOUR))
    late = steps.at(NOON + HOUR)
    for action in (late.reserve, late.book):
        with pytest.raises(PriceExpiredError, match="add it with a new quote"):
            action(order_id)
    with pytest.raises(QuoteExpiredError):
        late.place(priced_quote(valid_until=NOON))


@pytest.mark.parametrize(("days_before", "due"), [(28, 0), (27, 53), (14, 53), (13, 105), (3, 210)])
def test_a_cancellation_costs_what_the_policy_says(
    steps: Steps, days_before: int, due: int
) -> None:
    order_id = steps.place()
    steps.book(order_id)
    (line,) = steps.at(MONDAY_SEVEN - timedelta(days=days_before)).cancel(order_id)
    assert (line.booking_status, line.cancellation_minor) == ("Canceled", due)
    assert free_positions(steps) == FULL


def test_what_is_cancelled_without_a_reason_or_twice_is_refused(steps: Steps) -> None:
    order_id = steps.place()
    steps.book(order_id)
    with pytest.raises(ReasonRequiredError):
        steps.cancel(order_id, " ")
    steps.cancel(order_id)
    with pytest.raises(TransitionError):
        steps.cancel(order_id)


def test_cancelled_in_flight_a_line_keeps_the_hours_that_have_begun(steps: Steps) -> None:
    order_id = steps.place(creatives=("a",))
    steps.book(order_id)
    flying = steps.at(MONDAY_SEVEN + timedelta(minutes=90))
    assert flying.run(apply_due_changes) == 1
    (line,) = flying.cancel(order_id)
    assert (line.booking_status, len(line.slots), line.cost_minor) == ("Stopped", 2, 120)
    assert line.ends_at == MONDAY_SEVEN + 2 * HOUR
    assert (free_positions(steps, 1), free_positions(steps, 2)) == (FULL - 1, FULL)
    with reading(steps.engine) as connection:
        rows = connection.execute(select(booking_ledger)).all()
    assert len(rows) == 2


def test_a_line_in_flight_is_paused_and_resumed(steps: Steps) -> None:
    order_id = steps.place(creatives=("a",))
    steps.book(order_id)
    flying = steps.at(MONDAY_SEVEN + HOUR)
    flying.run(apply_due_changes)
    assert flying.change(pause_lines, order_id)[0].booking_status == "Paused"
    with pytest.raises(TransitionError):
        flying.cancel(order_id)
    assert flying.change(resume_lines, order_id)[0].booking_status == "InFlight"


def test_a_guaranteed_line_displaces_preemptible_ones(steps: Steps) -> None:
    preemptible = steps.place(priced_quote(positions=FULL, delivery=DeliveryType.PREEMPTIBLE))
    steps.book(preemptible)
    steps.book(steps.place(priced_quote((2,), prices=(500,))))
    (line,) = steps.lines(preemptible)
    assert (line.booking_status, line.reason) == (
        "Canceled",
        "displaced by a line of higher priority",
    )
    assert free_positions(steps, 0) == FULL


def test_an_exclusive_reservation_waits_for_the_media_owner(steps: Steps) -> None:
    order_id = steps.place(priced_quote(delivery=DeliveryType.EXCLUSIVE))
    assert steps.reserve(order_id)[0].booking_status == "PendingReservation"
    assert free_positions(steps) == 0
    with pytest.raises(TransitionError, match="waits for a decision"):
        steps.cancel(order_id)
    other = steps.place(priced_quote(delivery=DeliveryType.EXCLUSIVE), SALES)
    with pytest.raises(NotAvailableError):
        steps.reserve(other, SALES)


def test_every_line_is_chosen_by_its_id_or_refused_like_an_unknown_one(steps: Steps) -> None:
    order_id = steps.place()

    def choose(work: OrderWork) -> object:
        return work.choose_lines(work.lock_order(order_id), ["no-such-line"])

    with pytest.raises(LookupError, match="no order 'no-such-line'"):
        steps.run(choose)


def test_an_hour_from_half_past_on_is_due_once_it_has_begun(steps: Steps) -> None:
    (line,) = steps.lines(steps.place(priced_quote((0.5, 1.5), prices=(60, 60))))
    flying = replace(line, booking_status=BookingStatus.IN_FLIGHT)
    for minutes, hours in ((80, 1), (90, 2)):
        kept = keep_delivered(flying, MONDAY_SEVEN + timedelta(minutes=minutes))
        assert len(kept.slots) == hours


def test_reservations_of_a_buyer_have_the_limit_of_held_slots(steps: Steps) -> None:
    steps.policy = msgspec.structs.replace(steps.policy, holds=HoldLimits(slots=4))
    steps.reserve(steps.place())
    other = steps.place(priced_quote((5, 6), prices=(9, 9)))
    with pytest.raises(HoldLimitError, match="held or reserved"):
        steps.reserve(other)
    assert steps.statuses(other) == ["Draft"]
    assert steps.reserve(other, SALES)[0].booking_status == "Reserved"


def test_an_exclusive_draft_is_not_booked_without_the_media_owner(steps: Steps) -> None:
    order_id = steps.place(priced_quote(delivery=DeliveryType.EXCLUSIVE))
    assert steps.book(order_id)[0].booking_status == "PendingBooking"
    assert steps.run(lambda work: approve_order(work, order_id), SALES)[0].expires_at is None
    assert steps.statuses(order_id) == ["Booked"]
    other = steps.place(priced_quote((5,), delivery=DeliveryType.EXCLUSIVE), SALES)
    assert steps.book(other, SALES)[0].booking_status == "Booked"


def test_a_displaced_hold_says_so(steps: Steps) -> None:
    quote = priced_quote(positions=FULL, delivery=DeliveryType.PREEMPTIBLE)
    hold = BookingHold(
        id="h" * 32, account="bolt", created_by="Ben", created_at=NOON, expires_at=NOON + HOUR,
        latest_at=NOON + HOUR, extensions=0, state=BookingHoldState.HELD, ended_at=None,
        quote=None, delivery=quote.delivery, slots=tuple(quote.demand),
    )  # fmt: skip
    with writing(steps.engine) as connection:
        place_hold(connection, sites(), hold, policy=steps.policy.hold_policy)
        record_hold(connection, hold, PLACE, "Ben", NOON)
    steps.book(steps.place())
    with reading(steps.engine) as connection:
        found = find_hold(connection, hold.id, None)
        assert compare_with_log(connection, NOON, [HoldComparison()]) == []
    assert (found.state, found.ended_at) == (BookingHoldState.DISPLACED, NOON)
