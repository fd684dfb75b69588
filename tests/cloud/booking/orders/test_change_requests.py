"""A change is asked for, priced, and decided by another person."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.booking.inventory.blackouts import Blackout, BlackoutKind, store_blackout
from cloud.booking.orders.approvals import give_discount
from cloud.booking.orders.change_requests import decide_change, request_change
from cloud.booking.orders.change_store import (
    ChangeRequest,
    ChangeStatus,
    LineChange,
    UnknownChangeError,
    list_changes,
)
from cloud.booking.orders.due_changes import apply_due_changes
from cloud.booking.orders.order_work import NotAllowedError
from cloud.booking.orders.placing import OrderRefused
from cloud.booking.quote_locks import QuoteUsedError
from cloud.booking.slots import DeliveryType, NotAvailableError
from cloud.booking.transitions import TransitionError
from cloud.database import reading, writing
from cloud.database.billing import cpm_contracts
from tests.cloud.booking.capacity_data import read_free
from tests.cloud.booking.orders.order_steps import (
    BUYER,
    FINANCE,
    HOUR,
    MONDAY_SEVEN,
    NOON,
    SALES,
    Steps,
    priced_quote,
    quote_added,
)

SHORTER = LineChange(ends_at=MONDAY_SEVEN + 2 * HOUR)
SEVEN_S = int(MONDAY_SEVEN.timestamp())


def ask(steps: Steps, order_id: str, change: LineChange = SHORTER) -> ChangeRequest:
    (line,) = steps.lines(order_id)
    return steps.ask(line, change)


def decide(steps: Steps, request: ChangeRequest, status: str = "APPROVED", actor=SALES):
    return steps.run(
        lambda work: decide_change(work, request.id, ChangeStatus(status), "fine"), actor
    )


def free(steps: Steps) -> list[int]:
    rows = [("KX-01", SEVEN_S + 3600 * hour, 0) for hour in range(3)]
    with reading(steps.engine) as connection:
        found = read_free(connection, rows)
    return [found[row[:2]] for row in rows]


def test_an_approved_change_gives_hours_back_and_what_the_policy_demands_stays_due(
    steps: Steps,
) -> None:
    order_id = steps.place()
    steps.book(order_id)
    request = ask(steps.at(MONDAY_SEVEN - timedelta(days=20)), order_id)
    assert (request.cost_before_minor, request.cost_after_minor) == (210, 120 + 23)
    assert steps.statuses(order_id) == ["ChangePending"]
    assert free(steps) == [5, 5, 5]
    decided = decide(steps.at(MONDAY_SEVEN - timedelta(days=20)), request)
    assert (decided.status, decided.decided_by) == ("APPROVED", SALES.name)
    (line,) = steps.lines(order_id)
    assert (line.booking_status, line.cost_minor, line.cancellation_minor) == ("Booked", 120, 23)
    assert free(steps) == [5, 5, 6]


def test_more_positions_are_taken_when_they_are_free(steps: Steps) -> None:
    order_id = steps.place()
    steps.book(order_id)
    steps.book(steps.place(priced_quote((1,), positions=3, prices=(60,))))
    decided = decide(steps, ask(steps, order_id, LineChange(positions=3)))
    assert decided.cost_after_minor == 3 * 210
    assert free(steps) == [3, 0, 3]
    with pytest.raises(NotAvailableError):
        decide(steps, ask(steps, order_id, LineChange(positions=4)))
    assert steps.statuses(order_id) == ["ChangePending"]
    assert free(steps) == [3, 0, 3]


def test_positions_beside_a_limited_number_of_impressions_are_a_line_of_their_own(
    steps: Steps,
) -> None:
    order_id = steps.place()
    (line,) = steps.book(order_id)
    with writing(steps.engine) as connection:
        contract = {"price_minor": 2_200, "multiplier": "1", "most_impressions": "180"}
        row = contract | {"line_id": line.line_id, "created_by": "me", "created_at": NOON}
        connection.execute(cpm_contracts.insert().values(row))
    decide(steps, ask(steps, order_id, LineChange(positions=3)))
    first, second = sorted(steps.lines(order_id), key=lambda one: one.line_id != line.line_id)
    assert (first.line_id, first.positions, second.positions) == (line.line_id, 1, 2)


def test_a_rejected_change_leaves_the_line_as_it_was(steps: Steps) -> None:
    order_id = steps.place()
    (before,) = steps.book(order_id)
    decide(steps, ask(steps, order_id), "REJECTED")
    (line,) = steps.lines(order_id)
    assert (line.booking_status, line.slots) == (before.booking_status, before.slots)


def test_nobody_decides_their_own_change_or_twice(steps: Steps) -> None:
    order_id = steps.place(actor=SALES)
    steps.book(order_id)
    request = ask(steps, order_id)
    with pytest.raises(NotAllowedError):
        decide(steps, request, actor=BUYER)
    decide(steps, request)
    with pytest.raises(OrderRefused, match="only a pending one"):
        decide(steps, request)
    with pytest.raises(UnknownChangeError):
        steps.run(lambda work: decide_change(work, "f" * 32, ChangeStatus.APPROVED, "fine"), SALES)


@pytest.mark.parametrize(
    "change",
    [
        LineChange(),
        LineChange(ends_at=MONDAY_SEVEN),
        LineChange(positions=1),
        LineChange(starts_at=MONDAY_SEVEN - HOUR, ends_at=MONDAY_SEVEN + 5 * HOUR),
    ],
)
def test_a_change_of_nothing_or_of_everything_is_refused(steps: Steps, change: LineChange) -> None:
    order_id = steps.place()
    with pytest.raises(TransitionError):
        ask(steps, order_id)
    steps.book(order_id)
    with pytest.raises(OrderRefused, match="change something"):
        ask(steps, order_id, change)


def test_a_late_change_is_refused_and_a_pending_one_ends_with_the_flight(steps: Steps) -> None:
    order_id = steps.place()
    steps.book(order_id)
    with pytest.raises(OrderRefused, match="or later"):
        ask(steps.at(MONDAY_SEVEN - timedelta(days=1)), order_id)
    ask(steps, order_id)
    assert steps.at(MONDAY_SEVEN + 3 * HOUR).run(apply_due_changes) == 2
    assert steps.statuses(order_id) == ["Finished"]
    with reading(steps.engine) as connection:
        (request,) = list_changes(connection, order_id)
    assert (request.status, request.decision_reason) == ("REJECTED", "the flight has ended")


def test_a_line_that_is_displaced_before_its_start_while_a_change_is_pending_costs_nothing(
    steps: Steps,
) -> None:
    quote = priced_quote(positions=6, delivery=DeliveryType.PREEMPTIBLE)
    order_id = steps.place(quote)
    steps.book(order_id)
    ask(steps, order_id)
    steps.book(steps.place())
    (line,) = steps.lines(order_id)
    assert (line.booking_status, line.cost_minor, line.slots) == ("Stopped", 0, ())
    with reading(steps.engine) as connection:
        (request,) = list_changes(connection, order_id)
    assert (request.status, request.decision_reason) == ("REJECTED", line.reason)


def test_an_exclusive_line_keeps_the_whole_loop_and_its_price(steps: Steps) -> None:
    order_id = steps.place(priced_quote(positions=6, delivery=DeliveryType.EXCLUSIVE))
    steps.book(order_id, SALES)
    with pytest.raises(OrderRefused, match="the whole loop"):
        ask(steps, order_id, LineChange(positions=1))


MORE = LineChange(positions=2)


def test_added_positions_have_the_present_price_and_discount(steps: Steps) -> None:
    order_id = steps.place()
    steps.run(lambda work: give_discount(work, order_id, 1000, "loyal"), SALES)
    steps.book(order_id)
    steps.run(lambda work: give_discount(work, order_id, 0, "it was for one"), FINANCE)
    (line,) = steps.lines(order_id)
    dearer = replace(quote_added(line, MORE), slots=priced_quote(prices=(80, 80, 80)).slots)
    request = steps.ask(line, MORE, dearer)
    assert request.cost_after_minor == 189 + 240
    assert decide(steps, request).cost_after_minor == 189 + 240
    found = sorted((one.cost_minor, one.positions) for one in steps.lines(order_id))
    assert (found, free(steps)) == ([(189, 1), (240, 1)], [4, 4, 4])
    assert steps.statuses(order_id) == ["Booked", "Booked"]


def test_added_positions_need_a_quote_of_exactly_them_that_was_not_used(steps: Steps) -> None:
    order_id = steps.place()
    (line,) = steps.book(order_id)
    for quote in (None, priced_quote((0, 1)), priced_quote(positions=2)):
        with pytest.raises(OrderRefused, match="exactly these"):
            steps.run(
                lambda work, quote=quote: request_change(
                    work, order_id, line.line_id, MORE, "more", quote
                )
            )
    used = quote_added(line, MORE)
    steps.place(used)
    with pytest.raises(QuoteUsedError):
        steps.ask(line, MORE, used)
    with pytest.raises(OrderRefused, match="adds no positions"):
        steps.ask(line, SHORTER, priced_quote())


def test_added_positions_are_approved_by_a_role_that_may_give_the_discount(steps: Steps) -> None:
    order_id = steps.place()
    steps.book(order_id)
    steps.run(lambda work: give_discount(work, order_id, 2000, "loyal"), SALES)
    request = ask(steps, order_id, MORE)
    with pytest.raises(NotAllowedError, match="finance or an administrator"):
        decide(steps, request)
    late = steps.at(NOON + steps.policy.decision)
    with pytest.raises(OrderRefused, match="ask again with a new quote"):
        decide(late, request, actor=FINANCE)
    assert decide(steps, request, actor=FINANCE).status == "APPROVED"


def test_hours_that_stay_are_not_taken_again(steps: Steps) -> None:
    order_id = steps.place()
    steps.book(order_id)
    closed = Blackout(
        id=0, location="KX-01", starts_at=MONDAY_SEVEN, ends_at=MONDAY_SEVEN + HOUR,
        kind=BlackoutKind.BLACKOUT, reason="new panel", created_by="me", created_at=NOON,
    )  # fmt: skip
    with writing(steps.engine) as connection:
        store_blackout(connection, closed)
    decide(steps, ask(steps, order_id))
    assert free(steps)[1:] == [5, 6]
    (line,) = steps.lines(order_id)
    assert (line.booking_status, len(line.slots)) == ("Booked", 2)
