"""Deals that were changed without the program differ from the audit log."""

from sqlalchemy import update

from cloud.auth.audit_comparisons import compare_with_log
from cloud.database import writing
from cloud.trade.deals.audit_comparison import DealComparison
from cloud.trade.deals.deal import close_deal, create_deal
from cloud.trade.deals.tables import private_deals
from tests.cloud.booking.orders.order_steps import NOON, Steps
from tests.cloud.databases import new_engine
from tests.cloud.rates import sites
from tests.cloud.trade.deals.deal_examples import new_private_deal


def test_a_deal_is_compared_with_what_was_agreed(tmp_path) -> None:
    steps = Steps(new_engine(tmp_path)).open_accounts()
    order = steps.place()
    with writing(steps.engine) as connection:
        new = new_private_deal(order, NOON, locations=("KX-01",))
        deals = [create_deal(connection, sites(), new, by="Mary", now=NOON) for _ in range(2)]
        close_deal(connection, deals[0].id, by="Mary", now=NOON)

        def compare() -> list[str]:
            return compare_with_log(connection, NOON, [DealComparison()])

        assert compare() == []
        connection.execute(
            update(private_deals)
            .where(private_deals.c.id == deals[1].id)
            .values(floor_minor=1, closed_at=NOON)
        )
        found = compare()
        assert len(found) == 2
        assert all(one.startswith(f"private_deals: deal {deals[1].id}: ") for one in found)
        copied = private_deals.select().where(private_deals.c.id == deals[0].id)
        row = dict(connection.execute(copied).mappings().one())
        connection.execute(private_deals.insert().values({**row, "id": "f" * 32}))
        assert compare()[-1] == f"private_deals: deal {'f' * 32} has no entry that it was created"
