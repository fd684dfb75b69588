"""Costs are computed from stored bytes and the runs of a month."""

from datetime import timedelta
from decimal import Decimal

from cloud.database import reading
from cloud.products.costs import estimate_cost, price_figures
from cloud.products.definitions.product import find_product
from cloud.products.runs import ProductRun
from tests.cloud.products.conftest import HEADING, NOW
from tests.cloud.products.test_runs import run


def test_the_prices_are_applied_to_the_figures():
    runs = [ProductRun("orders", NOW, 1_800.0, 5, 10**12, 1)] * 2
    found = price_figures(4 * 10**9, runs)
    assert (found.storage_usd, found.scans_usd) == (Decimal("0.0980"), Decimal("10.0000"))
    assert found.runs_usd == Decimal("0.0622")
    assert found.total_usd == Decimal("10.1602")


def test_only_the_runs_of_the_last_month_count(load, lake):
    product = find_product("orders")
    with reading(lake.engine) as connection:
        assert estimate_cost(connection, product, now=NOW).stored_bytes == 0
    load(HEADING + "A1,c1,2026-11-01,paid,1,GBP\n")
    run(lake)
    with reading(lake.engine) as connection:
        now = estimate_cost(connection, product, now=NOW + timedelta(days=1))
        later = estimate_cost(connection, product, now=NOW + timedelta(days=31))
    assert (now.runs, later.runs) == (1, 0)
    assert now.stored_bytes == later.stored_bytes > 0
