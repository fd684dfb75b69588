"""Load files into a product and compute its results, in one call."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cloud.database import writing
from cloud.database.lake.data_products import LOADED
from cloud.lake.lake import Lake
from cloud.lake.reader import read_table
from cloud.lake.registry import find_table
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.products.definitions.product import DataProduct
from cloud.products.runs import Clocks, ProductRun, promote_uploads, run_products
from cloud.products.uploads.load import Loader, ReceivedFile, find_upload
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.store import UploadRecord, add_upload

KEY = bytes(range(32))


def load_file(
    lake: Lake, product: DataProduct, path: Path, *, now: datetime, name: str = ""
) -> UploadRecord:
    upload = find_upload(product, name or path.name)
    assert upload is not None
    loader = Loader(lake, Pseudonyms(KEY))
    return loader.load(
        product, upload, ReceivedFile(path, name or path.name, "ann"), now=now
    ).record


def record_loads(lake: Lake, counts: Sequence[int], *, now: datetime) -> None:
    """Record files of so many orders as loaded on the days before, the last one now."""
    with writing(lake.engine) as connection:
        for number, rows in enumerate(counts):
            at = now - timedelta(days=len(counts) - 1 - number)
            add_upload(
                connection,
                UploadRecord(
                    f"{number:032x}", "orders", "raw.orders_placed", "orders.csv", "-", "-", 1, at,
                    "ann", LOADED, at, rows,
                ),
            )  # fmt: skip


def run_product(lake: Lake, product: DataProduct, *, now: datetime) -> ProductRun:
    promote_uploads(lake, now=now)
    with DuckDbEngine().open() as engine:
        [run] = run_products(lake, engine, [product], Clocks(lambda: now, time.process_time))
    return run


def read_rows(lake: Lake, table: str) -> list[dict[str, Any]]:
    """Rows of `zone.table` without their day."""
    return read_table(lake, find_table(table)).drop_columns(["day"]).to_pylist()
