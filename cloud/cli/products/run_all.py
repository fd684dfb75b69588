"""Promote and compute data products, and say what it did."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from cloud import database
from cloud.cli.lake.output import write_line, write_stopped
from cloud.lake.lake import Lake
from cloud.lake.ownership import require_listed_files
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.products.definitions.product import DataProduct
from cloud.products.limits import list_exceeded
from cloud.products.runs import Clocks, promote_uploads, run_products


def run_all(lake: Lake, products: Sequence[DataProduct], clock: Callable[[], datetime]) -> int:
    """Promote and compute; 1 when a day or a product is left as it is."""
    require_listed_files(lake)
    stopped = write_stopped(promote_uploads(lake, now=clock()))
    with DuckDbEngine().open() as engine:
        runs = run_products(lake, engine, products, Clocks(clock, time.process_time))
    for one in runs:
        if one.failure:
            sys.stderr.write(f"{one.product}: {one.failure}\n")
            continue
        write_line(
            f"{one.product}: {one.tables_changed} tables changed, {one.rows_written} rows written, "
            f"{one.cpu_s:.2f} CPU-s"
        )
    with database.reading(lake.engine) as connection:
        for product in products:
            for note in list_exceeded(connection, product, now=clock()):
                sys.stderr.write(f"limit: {note}\n")
    return 1 if stopped or any(one.failure for one in runs) else 0
