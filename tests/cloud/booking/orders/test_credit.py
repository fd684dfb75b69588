"""What is sold and not paid stays within the credit limit of the account."""

from dataclasses import replace

import pytest

from cloud.booking.orders.approvals import approve_order, give_discount
from cloud.booking.orders.credit import CreditLimitError
from cloud.booking.orders.order_work import Actor
from tests.cloud.booking.orders.order_steps import BUYER, FINANCE, SALES, Steps, priced_quote
from tests.cloud.databases import new_engine


@pytest.fixture
def steps(tmp_path):
    return Steps(new_engine(tmp_path), credit=420)


def test_a_booking_above_the_limit_is_refused_until_something_is_paid(steps: Steps) -> None:
    steps.open_accounts()
    steps.book(steps.place())
    steps.book(steps.place())
    third = steps.place()
    with pytest.raises(CreditLimitError, match=r"limit of 4\.20 GBP by 2\.10"):
        steps.book(third)
    assert steps.statuses(third) == ["Draft"]
    other = steps.place(priced_quote(account="bolt"), SALES)
    assert steps.book(other, SALES)[0].booking_status == "Booked"
    steps.options = {"read_paid": lambda _connection, account, _currency: 210 * (account == "acme")}
    assert steps.book(third)[0].booking_status == "Booked"


def test_what_is_due_for_a_cancelled_line_counts_and_a_commission_does_not(steps: Steps) -> None:
    steps.agency = "best"
    steps.agency_credit = 179  # 210 less 15 %, rounded half up
    steps.open_accounts()
    order_id = steps.place()
    steps.book(order_id)
    late = steps.at(steps.lines(order_id)[0].starts_at)
    steps.at(late.now.replace(hour=6)).cancel(order_id)
    with pytest.raises(CreditLimitError):
        steps.book(steps.place(priced_quote((5,), prices=(10,))))


@pytest.mark.parametrize(
    ("actor", "text"),
    [
        (BUYER, r"^the order exceeds the credit of account best, which pays for it: [^\d]+$"),
        (replace(BUYER, accounts=frozenset({"acme", "best"})), r"limit of 1\.00 GBP by 0\.78"),
        (SALES, r"limit of 1\.00 GBP by 0\.78"),
    ],
)
def test_only_staff_and_who_pays_see_the_credit(steps: Steps, actor: Actor, text: str) -> None:
    steps.agency = "best"
    steps.agency_credit = 100
    steps.open_accounts()
    with pytest.raises(CreditLimitError, match=text):
        steps.book(steps.place(), actor)


def test_an_approval_needs_the_credit_too(steps: Steps) -> None:
    steps.credit = 100
    steps.open_accounts()
    order_id = steps.place()
    steps.run(lambda work: give_discount(work, order_id, 2000, "loyal"), SALES)
    steps.book(order_id)
    with pytest.raises(CreditLimitError):
        steps.run(lambda work: approve_order(work, order_id), FINANCE)
    assert steps.statuses(order_id) == ["PendingBooking"]
