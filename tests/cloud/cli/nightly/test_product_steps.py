"""The step computes products with rows; its notes name exceeded limits."""

from datetime import timedelta
from pathlib import Path

from cloud.cli.nightly.product_steps import ProductSteps
from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.products.definitions.product import find_product
from cloud.products.runs import promote_uploads
from tests.cloud.databases import new_engine
from tests.cloud.products.conftest import HEADING, NOW
from tests.cloud.products.loading import load_file, record_loads


def test_products_with_rows_are_computed_and_exceeded_limits_are_notes(tmp_path: Path):
    engine = new_engine(tmp_path)
    lake = Lake(open_storage(str(tmp_path / "lake")), engine)
    assert ProductSteps(lake, lambda: NOW).run().rows == 0
    path = tmp_path / "orders.csv"
    path.write_text(HEADING + "A1,c1,2026-11-01,paid,1.00,GBP\n")
    load_file(lake, find_product("orders"), path, now=NOW)
    record_loads(lake, [10, 10, 10], now=NOW - timedelta(days=1))
    promote_uploads(lake, now=NOW)
    result = ProductSteps(lake, lambda: NOW).run()
    assert result.rows > 0
    assert [note[:40] for note in result.notes] == ["orders: found 1 rows in the newest file "]
    engine.dispose()
