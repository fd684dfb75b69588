"""An order that was altered without the program differs from the audit log."""

from sqlalchemy import delete, update

from cloud.auth.audit_comparisons import compare_with_log
from cloud.booking.orders.approvals import give_discount
from cloud.booking.orders.placed_order_comparison import PlacedOrderComparison
from cloud.booking.orders.tables import orders
from tests.cloud.booking.orders.order_steps import NOON, SALES, Steps
from tests.cloud.databases import new_engine

CHANGES = [
    (update(orders).values(account="bolt"), "account is bolt, and entry"),
    (update(orders).values(agency=None), "agency is None"),
    (update(orders).values(commission_bp=5_000), "commission_bp is 5000"),
    (update(orders).values(discount_bp=9_000), "discount_bp is 9000, and entry"),
    (update(orders).values(id="x"), "order x has no entry"),
    (delete(orders), "is missing"),
]


def test_a_change_outside_the_program_is_found(tmp_path):
    steps = Steps(new_engine(tmp_path), agency="best").open_accounts()
    order_id = steps.place()
    steps.run(lambda work: give_discount(work, order_id, 500, "agreed"), SALES)
    for statement, sentence in [(None, None), *CHANGES]:
        with steps.engine.connect() as connection:
            if statement is not None:
                connection.execute(statement)
            found = compare_with_log(connection, NOON, [PlacedOrderComparison()])
            connection.rollback()
        is_found = found == [] if sentence is None else any(sentence in one for one in found)
        assert is_found, (sentence, found)
    steps.engine.dispose()
