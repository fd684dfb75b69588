"""Pages of a result: nothing is shown before the first run, unknown columns are refused."""

import pytest

from cloud.products.answers import TableQuery, TableQueryError, read_page
from cloud.products.definitions.product import find_product
from tests.cloud.products.conftest import HEADING, NOW
from tests.cloud.products.test_runs import run

ORDERS = find_product("orders")
STATUS = ORDERS.shown("orders_by_status")


def test_a_result_that_was_never_computed_is_not_empty_but_unknown(lake):
    page = read_page(lake, ORDERS, STATUS, TableQuery())
    assert (page.rows, page.total, page.computed_at) == ([], 0, None)


def test_a_page_is_in_the_usual_order_unless_asked_otherwise(load, lake):
    load(HEADING + "".join(f"A{n},c,2026-11-01,{s},1,GBP\n"
                           for n, s in enumerate(["paid", "shipped", "paid"])))  # fmt: skip
    run(lake)
    page = read_page(lake, ORDERS, STATUS, TableQuery())
    assert [row[:2] for row in page.rows] == [("paid", 2), ("shipped", 1)]
    assert page.computed_at == NOW
    page = read_page(lake, ORDERS, STATUS, TableQuery(order=("received",), limit=1))
    assert ([row[0] for row in page.rows], page.total) == (["shipped"], 2)


def test_unknown_columns_are_refused(lake):
    with pytest.raises(TableQueryError, match="filter 'kept'"):
        read_page(lake, ORDERS, STATUS, TableQuery(filters=(("kept", "1"),)))
    with pytest.raises(TableQueryError, match="order 'day'"):
        read_page(lake, ORDERS, STATUS, TableQuery(order=("day",)))
