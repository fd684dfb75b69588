"""A draft is edited from a quote for its screen; an order while all its lines are drafts."""

import pytest

from cloud.auth.accounts.brand_store import UnknownBrandError
from cloud.booking.orders.draft_edits import OrderEdit, edit_draft, edit_order
from cloud.booking.orders.order_rows import find_order, read_lines
from cloud.booking.orders.placing import OrderRefused
from cloud.booking.quote_locks import store_quote
from cloud.booking.slots import DeliveryType
from cloud.booking.transitions import TransitionError
from cloud.database import reading
from tests.cloud.booking.orders.order_steps import Steps, priced_quote
from tests.cloud.databases import new_engine


@pytest.fixture(scope="module")
def steps(tmp_path_factory) -> Steps:
    return Steps(new_engine(tmp_path_factory.mktemp("edits"))).open_accounts()


def place(steps: Steps, number: int) -> tuple[str, str]:
    order = steps.place(priced_quote(id=f"{number:032x}"))
    with reading(steps.engine) as connection:
        (line,) = read_lines(connection, [order])
    return order, line.line_id


def edit(steps: Steps, order: str, line: str, number: int, **fields: object):
    quote = priced_quote(**{"id": f"{number:032x}", **fields})

    def step(work):
        store_quote(work.connection, quote)
        return edit_draft(work, order, line, quote)

    return steps.run(step)


def test_a_draft_has_the_slots_positions_and_price_of_the_quote(steps: Steps) -> None:
    order, line = place(steps, 1)
    edited = edit(steps, order, line, 2, hours=(3, 4), prices=(70, 80), positions=2)
    assert (edited.line_id, edited.positions, edited.cost_minor) == (line, 2, 300)
    with reading(steps.engine) as connection:
        assert read_lines(connection, [order]) == (edited,)
    steps.reserve(order)
    with pytest.raises(TransitionError):
        edit(steps, order, line, 3)


@pytest.mark.parametrize(
    "fields",
    [{"location": "LB-01"}, {"account": "bolt"}, {"delivery": DeliveryType.EXCLUSIVE}],
)
def test_a_quote_for_something_else_is_refused(steps: Steps, fields) -> None:
    order, line = place(steps, 10 + len(str(fields)))
    with pytest.raises(OrderRefused):
        edit(steps, order, line, 100 + len(str(fields)), **fields)


def test_an_order_is_edited_with_the_versions_of_its_lines(steps: Steps) -> None:
    order, _ = place(steps, 20)
    change = OrderEdit(name="Spring", budget_minor=5_000, purchase_order="PO-1")
    edited = steps.run(lambda work: edit_order(work, order, change))
    assert (edited.name, edited.budget_minor, edited.purchase_order) == ("Spring", 5_000, "PO-1")
    with reading(steps.engine) as connection:
        assert find_order(connection, order, None) == edited
    assert steps.run(lambda work: edit_order(work, order, change)) == edited
    with pytest.raises(UnknownBrandError):
        steps.run(lambda work: edit_order(work, order, OrderEdit(brand="0" * 32)))
    steps.book(order)
    with pytest.raises(TransitionError):
        steps.run(lambda work: edit_order(work, order, OrderEdit(name="Late")))
