"""Orders are read as they were stored, the latest first, of the visible accounts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from cloud.booking.orders.order_rows import (
    UnknownOrderError,
    find_order,
    list_orders,
    read_lines,
    sum_orders_of_payer,
    update_order,
)
from cloud.database import reading
from tests.cloud.booking.orders.order_steps import SALES, Steps, priced_quote


def test_lines_are_read_with_every_slot_and_price(steps: Steps) -> None:
    order_id = steps.place(priced_quote((0, 1, 3), prices=(60, 60, 60)))
    with reading(steps.engine) as connection:
        (line,) = read_lines(connection, [order_id])
    hours = [slot.starts_at_s - line.slots[0].starts_at_s for slot in line.slots]
    assert hours == [0, 3600, 10_800]
    assert {slot.price_minor for slot in line.slots} == {60}


def test_an_order_is_visible_to_its_accounts_and_listed_the_latest_first(steps: Steps) -> None:
    first = steps.place()
    steps.now += timedelta(seconds=1)
    second, theirs = steps.place(), steps.place(priced_quote(account="bolt"), SALES)
    with reading(steps.engine) as connection:
        page = list_orders(connection, ["acme"], offset=0, count=1)
        rest = list_orders(connection, ["acme"], offset=1, count=5)
        assert ([one.id for one in page.orders], page.total) == ([second], 2)
        assert [one.id for one in rest.orders] == [first]
        assert list_orders(connection, None, offset=0, count=5).total == 3
        with pytest.raises(UnknownOrderError):
            find_order(connection, theirs, ["acme"])


def test_the_orders_of_a_payer_are_summed_but_one(engine: Engine) -> None:
    steps = Steps(engine, agency_credit=10**6).open_accounts()
    first, second = steps.place(), steps.place(priced_quote((5, 6), prices=(9, 10)))
    steps.run(lambda work: update_order(work.connection, replace(
        work.lock_order(second), agency="best", commission_bp=1500)))  # fmt: skip
    theirs = steps.place(priced_quote(account="bolt"), SALES)
    steps.place(priced_quote((7,), prices=(50,)))
    for order_id in (first, second):
        steps.book(order_id, SALES)
    steps.book(theirs, SALES)

    def due(payer: str, but: str = "") -> int:
        with reading(steps.engine) as connection:
            return sum_orders_of_payer(connection, payer, "GBP", but=but)

    assert [due("acme"), due("bolt"), due("best"), due("none")] == [210, 210, 16, 0]
    assert due("acme", but=first) == 0
