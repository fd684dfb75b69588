"""Data products with rows: simulated sales, and orders with some that are refused."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.csv as pc

from cloud.lake.lake import Lake
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.products.definitions.product import find_product
from cloud.products.runs import Clocks, promote_uploads, run_products
from simulators.products.sales import SalesOptions, simulate_sales
from tests.cloud.products.conftest import HEADING
from tests.cloud.products.loading import load_file

SHOWN = {"/products/$name": "/products/sales"}
DAYS = 200
STATES = ("paid", "shipped", "pending", "completed", "cancelled")


def fill_products(lake: Lake, folder: Path, now: datetime) -> None:
    """Load the files and compute the results."""
    sales, orders = find_product("sales"), find_product("orders")
    options = SalesOptions(2_000, now.date() - timedelta(days=DAYS), DAYS, vendors=8)
    for name, table in simulate_sales(options).items():
        path = folder / f"{name}.csv"
        pc.write_csv(table, path)
        load_file(lake, sales, path, now=now)
    path = folder / "orders.csv"
    path.write_text(HEADING + "".join(_order_line(number, now) for number in range(80)))
    load_file(lake, orders, path, now=now)
    promote_uploads(lake, now=now)
    with DuckDbEngine().open() as engine:
        run_products(lake, engine, [sales, orders], Clocks(lambda: now, time.process_time))


def _order_line(number: int, now: datetime) -> str:
    day = now.date() - timedelta(days=2 * number)
    amount = "unknown" if number == 7 else f"{20 + number * 3}.50"
    status = STATES[number % len(STATES)]
    return f"SO-{number:04},C{number % 9},{day},{status},{amount},GBP\n"
