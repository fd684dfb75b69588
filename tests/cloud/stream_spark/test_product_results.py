"""Spark gives the rows of DuckDB for every result and gate of every data product."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pytest
from pyspark.sql import SparkSession

from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import MartEngine
from cloud.marts.spark_engine import SparkEngine
from cloud.products.build import list_inputs, order_results
from cloud.products.definitions.product import DataProduct, find_product, list_products
from cloud.products.gates import FOUND, write_query
from simulators.products.attendance import AttendanceOptions, simulate_attendance
from simulators.products.procurement import ProcurementOptions, simulate_procurement
from tests.cloud.databases import new_engine
from tests.cloud.products.conftest import HEADING, NOW
from tests.cloud.products.loading import load_file, run_product

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
STATUSES = ("paid", "Shipped", "pending", "cancelled")
WITH_RESULTS = [one for one in list_products() if list(order_results(one))]


def write_orders() -> str:
    lines = [
        f"A{n},c{n % 7},{NOW.date() - timedelta(days=n)},{STATUSES[n % 4]},{n * 37 % 101}.33,"
        f"{'GBP' if n % 3 else 'EUR'}\n"
        for n in range(60)
    ]
    return HEADING + "".join(lines)


def write_calls() -> str:
    days = [date(year, 1, 1) + timedelta(days=n * 3) for year in (2024, 2025) for n in range(40)]
    lines = [
        f"{day},{90 + n % 13},{80 + n % 11},{'' if n % 5 else 3},12.5,0.{n:02}\n"
        for n, day in enumerate(days)
    ]
    return (
        "Date,CallsOffered,CallsHandled,CallsAbandoned,AverageSpeedofAnswer,ServiceLevel\n"
        + "".join(lines)
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory):
    """A lake with small files of every product, and their results of DuckDB."""
    folder: Path = tmp_path_factory.mktemp("products")
    engine = new_engine(folder)
    lake = Lake(open_storage(str(folder / "lake")), engine)
    texts = {"orders": {"orders": write_orders()}, "contact_centre": {"calls": write_calls()}}
    first_on = NOW.date() - timedelta(days=90)
    tables = {
        "attendance": simulate_attendance(AttendanceOptions(600, first_on, 28)),
        "procurement": simulate_procurement(ProcurementOptions(500, first_on, 60, vendors=45)),
    }
    for product in WITH_RESULTS:
        for name, content in (texts | tables)[product.name].items():
            path = folder / f"{name}.csv"
            if isinstance(content, str):
                path.write_text(content)
            else:
                pc.write_csv(content, path)
            load_file(lake, product, path, now=NOW)
        assert run_product(lake, product, now=NOW).failure is None
    yield lake
    engine.dispose()


def compute(engine: MartEngine, lake: Lake, product: DataProduct) -> dict[str, list[Any]]:
    """Rows of the results and gates of a product, in the order of their values."""
    found: dict[str, pa.Table] = {}
    for one in order_results(product):
        if one.sql:
            inputs = list_inputs(lake, one.reads, NOW)
            found[one.table.full_name] = engine.run(one.sql, inputs, one.table).select(
                [*one.table.schema.names, "day"]
            )
    for gate in product.file.gates:
        found[gate.name] = engine.run(
            write_query(gate), list_inputs(lake, gate.reads, NOW), FOUND
        )  # fmt: skip
    return {name: sorted(rows.to_pylist(), key=repr) for name, rows in found.items()}


def test_every_product_with_results_has_files_here():
    assert {one.name for one in WITH_RESULTS} >= {"attendance", "orders", "procurement"}
    assert find_product("contact_centre") in WITH_RESULTS


@pytest.mark.parametrize("product", WITH_RESULTS, ids=lambda product: product.name)
def test_no_row_of_a_result_differs(lake: Lake, spark: SparkSession, product: DataProduct):
    expected = compute(DuckDbEngine(), lake, product)
    assert all(expected.values())
    assert compute(SparkEngine(spark), lake, product) == expected
