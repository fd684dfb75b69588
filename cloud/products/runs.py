"""Run data products: promote what was uploaded, check the gates, compute the results; each run is
recorded.

A product that fails does not stop the others. What a run took and read is what its cost is
estimated from.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from cloud.database import reading, writing
from cloud.database.lake.data_products import product_runs
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.promotion import TableDay, promote_days
from cloud.marts.engine import UNUSABLE_INPUTS, MartEngine
from cloud.products.build import (
    BuiltResult,
    build_results,
    drop_replaced_rows,
)
from cloud.products.definitions.product import DataProduct, Upload
from cloud.products.gates import GateError, require_gates
from cloud.products.uploads.store import UploadRecord

log = logging.getLogger(__name__)
FAILURES: Final = (*UNUSABLE_INPUTS, GateError, LakeConflictError, OSError)
MOST_RUNS: Final = 100


@dataclass(frozen=True, slots=True)
class ProductRun:
    """What one run of a product did; `failure` is why its results are as they were."""

    product: str
    started_at: datetime
    cpu_s: float
    rows_written: int
    scanned_bytes: int
    tables_changed: int
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """The instant, and the processor time of this program in seconds."""

    now: Callable[[], datetime]
    cpu_s: Callable[[], float]


def promote_uploads(lake: Lake, *, now: datetime) -> list[TableDay]:
    """Promote changed days of all tables to the trusted zone: they share one quarantine.

    Raises:
        LakeConflictError: another program promotes at the same time.
    """
    return list(promote_days(lake, contracted_tables(), now=now))


def run_products(
    lake: Lake, engine: MartEngine, products: Sequence[DataProduct], clocks: Clocks
) -> list[ProductRun]:
    """Compute the results of the products, one after the other."""
    return [_run(lake, engine, product, clocks) for product in products]


def read_runs(
    connection: Connection, product: str, *, since: datetime | None = None, limit: int = MOST_RUNS
) -> list[ProductRun]:
    """The newest runs of a product, newest first."""
    columns = product_runs.c
    query = select(product_runs).where(columns.product == product)
    if since is not None:
        query = query.where(columns.started_at >= since)
    rows = connection.execute(query.order_by(columns.id.desc()).limit(limit))
    return [
        ProductRun(**{name: value for name, value in row._mapping.items() if name != "id"})
        for row in rows
    ]


def find_upload_of(
    record: UploadRecord, products: Sequence[DataProduct]
) -> tuple[DataProduct, Upload] | None:
    """The product and the upload that a recorded file belongs to; None: it is gone."""
    for product in products:
        for upload in product.file.uploads:
            if product.name == record.product and record.table_name == f"raw.{upload.table}":
                return product, upload
    return None


def _run(lake: Lake, engine: MartEngine, product: DataProduct, clocks: Clocks) -> ProductRun:
    started_at, before = clocks.now(), clocks.cpu_s()
    built: list[BuiltResult] = []
    failure = None
    try:
        drop_replaced_rows(lake, product, now=started_at)
        require_gates(lake, engine, product, now=started_at)
        built = build_results(lake, engine, product, now=started_at)
    except FAILURES as error:
        failure = str(error)
        log.warning("products.failed", extra={"product": product.name, "reason": failure})
    run = ProductRun(
        product.name,
        started_at,
        clocks.cpu_s() - before,
        sum(one.rows for one in built if one.has_changed),
        sum(one.scanned_bytes for one in built),
        sum(one.has_changed for one in built),
        failure,
    )
    with writing(lake.engine) as connection:
        connection.execute(
            product_runs.insert().values({name: getattr(run, name) for name in _FIELDS})
        )
    log.info("products.run", extra={name: getattr(run, name) for name in _LOGGED})
    return run


_FIELDS: Final = (
    "product", "started_at", "cpu_s", "rows_written", "scanned_bytes", "tables_changed", "failure",
)  # fmt: skip
_LOGGED: Final = ("product", "cpu_s", "rows_written", "scanned_bytes", "tables_changed")


def read_last_run(lake: Lake, product: str) -> ProductRun | None:
    """The newest run; None: it has not been run."""
    with reading(lake.engine) as connection:
        return next(iter(read_runs(connection, product, limit=1)), None)
