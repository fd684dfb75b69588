"""The step computes products with rows; its notes name exceeded limits."""

from datetime import timedelta
from pathlib import Path

from cloud.cli.nightly import product_steps
from cloud.cli.nightly.product_steps import ProductSteps
from cloud.database import writing
from cloud.lake.lake import Lake
from cloud.lake.storage import open_storage
from cloud.products.definitions.product import find_product
from cloud.products.runs import promote_uploads
from tests.cloud.databases import new_engine
from tests.cloud.products.conftest import HEADING, NOW
from tests.cloud.products.loading import load_file, read_rows, record_loads
from tests.cloud.products.pulls.test_pull import with_query


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


def test_a_query_that_fails_is_a_note(tmp_path: Path, monkeypatch):
    engine = new_engine(tmp_path)
    lake = Lake(open_storage(str(tmp_path / "lake")), engine)
    monkeypatch.delenv("VENDORS_DATABASE", raising=False)
    monkeypatch.setattr(product_steps, "list_products", lambda: (with_query(),))
    result = ProductSteps(lake, lambda: NOW).run()
    assert ["found no VENDORS_DATABASE" in note for note in result.notes] == [True]
    monkeypatch.setenv("VENDORS_DATABASE", str(engine.url.set(drivername="sqlite")))
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "CREATE TABLE source_vendors AS SELECT 'V1' code, 'A' vendor, 'x' country"
        )
    assert ProductSteps(lake, lambda: NOW + timedelta(minutes=1)).run().notes == []
    assert [row["vendor"] for row in read_rows(lake, "trusted.sales_vendors")] == ["A"]
    engine.dispose()
