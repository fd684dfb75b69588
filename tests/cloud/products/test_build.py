"""Results are computed after those that they read; a file can replace those before it."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from cloud.lake.reader import read_table
from cloud.lake.registry import find_table
from cloud.products.build import drop_replaced_rows, order_results
from cloud.products.definitions.product import find_product
from cloud.products.runs import promote_uploads
from cloud.products.uploads.load import Loader, ReceivedFile
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.yaml_document import DocumentError
from tests.cloud.products.conftest import HEADING, NOW

TRUSTED = find_table("trusted.orders_placed")


def test_results_that_read_each_other_are_refused():
    orders = find_product("orders")
    kept = orders.tables["curated.orders_kept"]
    circle = replace(kept, sql=f"{kept.sql} -- curated_orders_by_month")
    with pytest.raises(DocumentError, match="results read each other"):
        order_results(replace(orders, tables={**orders.tables, "curated.orders_kept": circle}))


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=2)])
def test_a_file_replaces_those_before_it_unless_it_is_stopped(later, lake, tmp_path):
    orders = find_product("orders")
    upload = msgspec.structs.replace(orders.file.uploads[0], replaces=True)
    product = replace(orders, file=msgspec.structs.replace(orders.file, uploads=(upload,)))

    def load(lines: str, at) -> list[str]:
        path = tmp_path / "orders.csv"
        path.write_text(HEADING + lines)
        loader = Loader(lake, Pseudonyms())
        loader.load(product, upload, ReceivedFile(path, "orders.csv", "ann"), now=at)
        promote_uploads(lake, now=at)
        drop_replaced_rows(lake, product, now=at)
        return sorted(read_table(lake, TRUSTED)["order_id"].to_pylist())

    assert load("A1,c1,2026-11-01,paid,1,GBP\nA2,c1,2026-11-01,paid,1,GBP\n", NOW) == ["A1", "A2"]
    assert load("A3,c1,2026-11-01,paid,1,GBP\n", NOW + later) == ["A3"]
    broken = "".join(f"B{n},c1,2026-11-01,lost,1,GBP\n" for n in range(30))
    assert load(broken, NOW + 2 * later) == ["A3"]
