"""Rows are found by many keys at once on both databases."""

from sqlalchemy import Connection

from cloud.database.retail import retail_recent_prices
from cloud.ingest.retail.batch_lookup import find_by_columns

COLUMNS = ("sku", "regular")


def test_rows_are_found_by_all_columns_of_their_key(connection: Connection) -> None:
    rows = [("S1", "a", "1"), ("S1", 'b"', "2"), ("S2", "a", "3"), ("NULL", "x,{}", "4")]
    connection.execute(
        retail_recent_prices.insert(),
        [
            {"store": store, "sku": sku, "regular": regular, "promoted": ""}
            for store, sku, regular in rows
        ],
    )
    wanted = [("S1", 'b"'), ("S2", "b"), ("NULL", "x,{}")]
    found = find_by_columns(connection, retail_recent_prices, ("store", "sku"), wanted, COLUMNS)
    assert sorted(map(tuple, found)) == [('b"', "2"), ("x,{}", "4")]


def test_nothing_wanted_is_nothing_found(connection: Connection) -> None:
    assert find_by_columns(connection, retail_recent_prices, ("store",), [], COLUMNS) == []
