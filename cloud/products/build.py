"""Compute the results of a data product: SQL over the tables of the lake, one commit for each.

A result is computed from all current rows of the tables that its SQL names, and from `run_time`,
which has the day and the instant of the run. The same rows give the same bytes: a result that has
not changed gets no snapshot.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import CycleError, TopologicalSorter

import pyarrow as pa

from cloud.database import reading, writing
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import drop_days
from cloud.lake.manifest import DataFile, LakeConflictError, Operation, commit, read_files
from cloud.lake.records import write_records
from cloud.lake.registry import find_table
from cloud.lake.tables import TIMESTAMP, LakeTable, Zone
from cloud.lake.trusted.declared_tables import DeclaredTable
from cloud.lake.writer import write_days
from cloud.marts.engine import LakeFiles, MartEngine, MartInputs, require_readable_inputs
from cloud.products.analyses.run import run_analysis
from cloud.products.definitions.product import DataProduct
from cloud.yaml_document import DocumentError


@dataclass(frozen=True, slots=True)
class BuiltResult:
    """One result: its rows, the bytes of the files that were read, and whether it changed."""

    table_name: str
    rows: int
    scanned_bytes: int
    has_changed: bool


def build_results(
    lake: Lake, engine: MartEngine, product: DataProduct, *, now: datetime
) -> list[BuiltResult]:
    """Compute all results of the product, each after those that it reads.

    Raises:
        DamagedFileError: a file that is read is damaged. Results before it are committed.
        MartValueError: values do not fit.
        LakeConflictError: another program builds the same result at the same time.
    """
    return [_build(lake, engine, one, now) for one in order_results(product)]


def order_results(product: DataProduct) -> Sequence[DeclaredTable]:
    """The results in an order in which each comes after those that it reads.

    Raises:
        DocumentError: results read each other in a circle.
    """
    results = {name: one for name, one in product.tables.items() if one.is_result}
    graph = {name: [read for read in one.reads if read in results] for name, one in results.items()}
    try:
        return [results[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = " reads ".join(error.args[1])
        raise DocumentError(f"{product.folder}: results read each other: {circle}") from error


def drop_replaced_rows(lake: Lake, product: DataProduct, *, now: datetime) -> int:
    """Remove rows of earlier files where a file replaces those before it; returns the tables.

    The newest day that reached the trusted zone stays: a file that was stopped replaces nothing.
    """
    dropped = 0
    for upload in product.file.uploads:
        trusted = product.tables[f"{Zone.TRUSTED}.{upload.table}"].table
        if not upload.replaces:
            continue
        with reading(lake.engine) as connection:
            days = [file.day for file in read_files(connection, trusted.full_name)]
        if days and drop_days(lake, trusted, before=max(days), now=now) is not None:
            dropped += 1
    return dropped


def _build(lake: Lake, engine: MartEngine, one: DeclaredTable, now: datetime) -> BuiltResult:
    table = one.table
    with reading(lake.engine) as connection:
        before = read_files(connection, table.full_name)
    inputs = list_inputs(lake, one.reads, now)
    require_readable_inputs(inputs)
    if one.analysis:
        rows = run_analysis(engine, one, inputs, now.date())
    else:
        rows = engine.run(one.sql, inputs, table)
    files = list(write_days(lake.storage, table, rows))
    scanned = sum(
        file.size_bytes
        for source in inputs.values()
        if isinstance(source, LakeFiles)
        for file in source.files
    )
    if [file.sha256 for file in files] == [file.sha256 for file in before]:
        for file in files:
            lake.storage.delete(file.path)
        return BuiltResult(table.full_name, len(rows), scanned, False)
    _replace(lake, table, files, before, now)
    return BuiltResult(table.full_name, len(rows), scanned, True)


def _replace(
    lake: Lake,
    table: LakeTable,
    files: Sequence[DataFile],
    before: Sequence[DataFile],
    now: datetime,
) -> None:
    with writing(lake.engine) as connection:
        present = {file.path for file in read_files(connection, table.full_name)}
        if present != {file.path for file in before}:
            raise LakeConflictError(
                f"another program has built {table.full_name} meanwhile: run it again"
            )
        commit(connection, table.full_name, Operation.REPLACE, added=files, removed=before, now=now)
    write_records(lake, [table.full_name])


def list_inputs(lake: Lake, reads: Iterable[str], now: datetime) -> MartInputs:
    """The current rows of tables, `zone.table`, and `run_time`, by the names that SQL uses."""
    with reading(lake.engine) as connection:
        sources = {name: read_files(connection, name) for name in reads}
    return {
        **{
            name.replace(".", "_"): LakeFiles(lake.storage, find_table(name), files)
            for name, files in sources.items()
        },
        "run_time": describe_run(now),
    }


def describe_run(now: datetime) -> pa.Table:
    """The table `run_time` as the SQL reads it: one row, `ran_on` and `ran_at`."""
    return pa.table(
        {
            "ran_on": pa.array([now.date()], pa.date32()),
            "ran_at": pa.array([now], TIMESTAMP),
        }
    )
