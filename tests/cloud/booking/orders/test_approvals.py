"""Discounts above a role's limit wait for another person whose role may give them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cloud.auth.keys import Role
from cloud.booking.orders.approvals import approve_order, decline_order, give_discount
from cloud.booking.orders.order import Approval
from cloud.booking.orders.order_work import Actor, NotAllowedError, is_same_person
from cloud.booking.orders.placing import OrderRefused, add_lines
from cloud.booking.transitions import TransitionError
from tests.cloud.booking.orders.order_steps import (
    BUYER,
    FINANCE,
    NOON,
    SALES,
    Steps,
    priced_quote,
)

OTHER_SALES = replace(SALES, name="Sam of sales")
ADMIN = Actor("Ada", None, frozenset({Role.ADMIN}))


def discount(steps: Steps, order_id: str, bp: int, actor: Actor = SALES) -> Approval:
    return steps.run(lambda work: give_discount(work, order_id, bp, "loyal"), actor).approval


def decide(
    steps: Steps, do: Callable[..., Any], order_id: str, actor: Actor, *words: str
) -> list[str]:
    steps.run(lambda work: do(work, order_id, *words), actor)
    return steps.statuses(order_id)


def test_a_discount_within_the_limit_is_booked_at_the_lower_price(steps: Steps) -> None:
    order_id = steps.place(priced_quote(prices=(65, 65, 65)))
    assert discount(steps, order_id, 1000) is Approval.NOT_REQUIRED
    (line,) = steps.book(order_id)
    assert (line.booking_status, line.cost_minor) == ("Booked", 3 * 59)  # 58.5, half up


def test_a_larger_discount_waits_for_a_person_who_may_give_it(steps: Steps) -> None:
    order_id = steps.place()
    assert discount(steps, order_id, 2000) is Approval.REQUIRED
    (line,) = steps.book(order_id)
    assert line.booking_status == "PendingBooking"
    assert line.expires_at == NOON + steps.policy.decision
    for actor, sentence in (
        (BUYER, "is for the roles"),
        (SALES, "another person must decide"),
        (OTHER_SALES, "above your limit of 1000"),
    ):
        with pytest.raises(NotAllowedError, match=sentence):
            decide(steps, approve_order, order_id, actor)
    assert decide(steps, approve_order, order_id, FINANCE) == ["Booked"]
    assert steps.order(order_id).approval is Approval.APPROVED
    assert steps.lines(order_id)[0].expires_at is None


def test_nobody_approves_a_discount_of_their_own_or_their_own_order(steps: Steps) -> None:
    own = steps.place(actor=ADMIN)
    discount(steps, own, 2000, SALES)
    steps.book(own, SALES)
    with pytest.raises(NotAllowedError, match="another person"):
        decide(steps, approve_order, own, ADMIN)
    given = steps.place(priced_quote((5, 6)))
    discount(steps, given, 3000, FINANCE)
    steps.book(given)
    with pytest.raises(NotAllowedError, match="another person"):
        decide(steps, approve_order, given, FINANCE)
    assert decide(steps, approve_order, given, ADMIN) == ["Booked"]


def test_a_declined_order_gives_its_positions_back_and_can_be_reset(steps: Steps) -> None:
    order_id = steps.place(priced_quote(positions=6))
    discount(steps, order_id, 2000)
    steps.book(order_id)
    assert decide(steps, decline_order, order_id, FINANCE, "too low") == ["Declined"]
    assert steps.lines(order_id)[0].reason == "too low"
    steps.book(steps.place(priced_quote(positions=6)))
    with pytest.raises(TransitionError):
        decide(steps, approve_order, order_id, FINANCE)
    steps.reset(order_id)
    assert steps.statuses(order_id) == ["Draft"]


def test_an_approval_is_for_the_lines_that_there_were(steps: Steps) -> None:
    order_id = steps.place()
    discount(steps, order_id, 2000)
    steps.book(order_id)
    decide(steps, approve_order, order_id, FINANCE)
    steps.run(lambda work: add_lines(work, order_id, priced_quote((8, 9))))
    assert steps.order(order_id).approval is Approval.REQUIRED
    added = steps.lines(order_id)
    assert sorted(line.discount_bp for line in added) == [2000, 2000]


def test_buyers_give_no_discount_and_a_reserved_line_gets_none(steps: Steps) -> None:
    order_id = steps.place()
    with pytest.raises(NotAllowedError):
        discount(steps, order_id, 100, BUYER)
    with pytest.raises(OrderRefused, match="from 0 to 9999"):
        discount(steps, order_id, 10_000, ADMIN)
    steps.reserve(order_id)
    with pytest.raises(OrderRefused, match="reset it"):
        discount(steps, order_id, 100)


def decline_and_reset(steps: Steps, order_id: str, bp: int) -> None:
    discount(steps, order_id, bp)
    steps.book(order_id)
    decide(steps, decline_order, order_id, FINANCE, "too low")


def test_a_declined_discount_needs_the_same_role_when_it_is_booked_again(steps: Steps) -> None:
    order_id = steps.place()
    decline_and_reset(steps, order_id, 2000)
    steps.reset(order_id)
    steps.book(order_id)
    with pytest.raises(NotAllowedError, match="above your limit"):
        decide(steps, approve_order, order_id, OTHER_SALES)


def test_a_declined_line_is_reset_to_the_present_discount(steps: Steps) -> None:
    order_id = steps.place()
    decline_and_reset(steps, order_id, 9000)
    assert discount(steps, order_id, 0) is Approval.NOT_REQUIRED
    steps.reset(order_id)
    (line,) = steps.book(order_id)
    assert (line.booking_status, line.cost_minor) == ("Booked", 210)


@pytest.mark.parametrize("other", ["Ada (key b2)", "Ada (user u1)", "Ada (command line)"])
def test_nobody_approves_their_own_discount_with_another_key(steps: Steps, other: str) -> None:
    order_id = steps.place()
    discount(steps, order_id, 3000, replace(FINANCE, name="Ada (key a1)"))
    steps.book(order_id)
    with pytest.raises(NotAllowedError, match="another person"):
        decide(steps, approve_order, order_id, replace(ADMIN, name=other))


def test_two_users_of_one_name_are_two_people() -> None:
    assert not is_same_person("Ada (user u1)", "Ada (user u2)")
