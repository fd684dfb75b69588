"""Recent prices are stored for each SKU of each store."""

from sqlalchemy import Connection

from cloud.ingest.retail.recent_prices import RecentPriceTable
from cloud.ingest.retail.rules import OutlierRule

RULE = OutlierRule(most_prices=3)


def test_the_last_prices_are_read_back(connection: Connection) -> None:
    table = RecentPriceTable(connection, [("S1", "a"), ("S1", "b")])
    for price in (100, 110, 120, 130):
        table.get(("S1", "a")).add(price, is_promoted=False, rule=RULE)
    table.get(("S1", "b")).add(90, is_promoted=True, rule=RULE)
    table.save()
    again = RecentPriceTable(connection, [("S1", "a"), ("S1", "b"), ("S2", "a")])
    assert again.get(("S1", "a")).regular == [110, 120, 130]
    assert (again.get(("S1", "b")).regular, again.get(("S1", "b")).promoted) == ([], [90])
    again.get(("S1", "a")).restart(500, is_promoted=False)
    again.save()
    assert RecentPriceTable(connection, [("S1", "a")]).get(("S1", "a")).regular == [500]
