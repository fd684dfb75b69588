"""Orders that wait: the sums are of all their waiting lines, however few orders are listed."""

from cloud.booking.orders.approvals import give_discount
from cloud.booking.orders.pending_orders import PendingOrder, list_pending_orders
from cloud.booking.orders.placing import add_lines
from cloud.database import reading
from tests.cloud.booking.orders.order_steps import HOUR, NOON, SALES, Steps, priced_quote


def place_waiting(steps: Steps, hour: int) -> str:
    """An order of two lines of 192, which wait for the approval of a discount."""
    order_id = steps.place(priced_quote((hour, hour + 1), prices=(120, 120)))
    more = priced_quote((hour, hour + 1), location="LB-01", prices=(120, 120))
    steps.run(lambda work: add_lines(work, order_id, more))
    steps.run(lambda work: give_discount(work, order_id, 2000, "loyal"), SALES)
    steps.book(order_id)
    return order_id


def list_waiting(steps: Steps, most: int) -> list[PendingOrder]:
    with reading(steps.engine) as connection:
        return list_pending_orders(connection, most)


def test_an_order_of_more_lines_than_are_listed_has_its_whole_price(steps_of_each: Steps) -> None:
    order_id = place_waiting(steps_of_each, 0)
    later = place_waiting(steps_of_each.at(NOON + HOUR), 4)
    (found,) = list_waiting(steps_of_each, 1)

    assert (found.order.id, found.since) == (order_id, NOON)
    assert (found.lines, found.bookings, found.cost_minor) == (2, 2, 384)
    assert [one.order.id for one in list_waiting(steps_of_each, 2)] == [order_id, later]
