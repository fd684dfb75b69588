"""A report reads all results of a product, also before they were computed."""

from cloud.products.definitions.product import find_product
from cloud.products.report.contents import read_contents
from cloud.products.report.page import build_report
from tests.cloud.products.conftest import HEADING, NOW
from tests.cloud.products.test_runs import run


def test_contents_are_those_of_the_newest_run(load, lake):
    orders = find_product("orders")
    before = read_contents(lake, orders, now=NOW)
    assert (before.computed_at, before.last_run) == (None, None)
    assert "run `python -m cloud products run orders`" in build_report(before)
    load(HEADING + "A1,<i>,2026-11-01,paid,12.50,GBP\n")
    run(lake)
    after = read_contents(lake, orders, now=NOW)
    assert after.computed_at == NOW
    assert after.tables["orders_by_customer"].values("customer_id") == ["<i>"]
    page = build_report(after)
    assert "2026-11, GBP" in page
    assert "12.50" in page
    assert "<i>" not in page
