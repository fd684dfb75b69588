"""The rows of a source in memory: the newest version of each, joined, ready for statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from cloud.lake.file_checks import require_readable
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile
from cloud.lake.reader import create_view
from cloud.lake.trusted.declared_tables import ROW_ORIGIN, DeclaredTable
from cloud.products.definitions.product import DataProduct
from cloud.products.kpis.definition import KpiSource, trusted_name

THREADS = 2
MEMORY_LIMIT = "1GB"
GROUP = "CAST(row_number() OVER () AS INTEGER)"


@dataclass(frozen=True, slots=True)
class SourceRows:
    """One source at some snapshots: a database of its own, and what it has."""

    connection: duckdb.DuckDBPyConnection
    snapshots: Mapping[str, int]
    read_at: datetime
    rows: int
    last_on: date | None


def load_rows(
    lake: Lake,
    product: DataProduct,
    source: KpiSource,
    files: Mapping[str, Sequence[DataFile]],
    snapshots: Mapping[str, int],
    now: datetime,
) -> SourceRows:
    """Read the files of the tables into memory.

    Raises:
        DamagedFileError: a file cannot be read.
        duckdb.Error: the definition does not fit the tables.
    """
    connection = duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY_LIMIT})
    connection.execute("SET TimeZone = 'UTC'")
    names = [source.table, *(join.table for join in source.joins)]
    for name in names:
        declared = product.tables[trusted_name(name)]
        require_readable(lake.storage, declared.table, files[declared.table.full_name])
        create_view(
            connection, lake.storage, declared.table, files[declared.table.full_name],
            name=f"all_{name}",
        )  # fmt: skip
        connection.execute(f"CREATE TEMP VIEW {name} AS {_newest(declared)}")
    joins = " ".join(
        f"LEFT JOIN {join.table} USING ({', '.join(join.by)})" for join in source.joins
    )
    _fill(connection, source, f"{source.table} {joins}")
    for name in names:
        connection.execute(f"DROP VIEW {name}")
        connection.execute(f"DROP VIEW IF EXISTS all_{name}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    ((rows, last_on),) = connection.execute("SELECT count(*), max(day_of_row) FROM rows").fetchall()
    return SourceRows(connection, snapshots, now, rows, last_on)


def _fill(connection: duckdb.DuckDBPyConnection, source: KpiSource, joined: str) -> None:
    """Fill `rows`, by day, and `groups` with the combinations of dimensions that there are."""
    dimensions = ", ".join(source.dimensions) or "true AS everything"
    hashed = ", ".join(f"hash({name}) AS {name}" for name in source.subjects)
    replaced = f" REPLACE ({hashed})" if hashed else ""
    connection.execute(
        f"CREATE TEMP VIEW joined AS SELECT * FROM {joined}"  # noqa: S608
    )
    connection.execute(
        f"CREATE TABLE groups AS SELECT *, {GROUP} AS group_id "  # noqa: S608
        f"FROM (SELECT DISTINCT {dimensions} FROM joined ORDER BY ALL)"
    )
    same = " AND ".join(
        f"joined.{name} IS NOT DISTINCT FROM groups.{name}" for name in source.dimensions
    )
    left_out = ", ".join(dict.fromkeys((*source.dimensions, source.day)))
    others = f"joined.* EXCLUDE ({left_out}){replaced}"
    connection.execute(
        f"CREATE TABLE rows AS SELECT {others}, group_id, {source.day} AS day_of_row "  # noqa: S608
        f"FROM joined JOIN groups ON {same or 'true'} ORDER BY day_of_row"
    )
    connection.execute("DROP VIEW joined")


def _newest(declared: DeclaredTable) -> str:
    """The row of each identity that was received last, without where it came from."""
    origin = {column.name for column in ROW_ORIGIN}
    columns = ", ".join(name for name in declared.table.schema.names if name not in origin)
    identity = ", ".join(declared.contract.identity)
    return (
        f"SELECT {columns} FROM all_{declared.table.name} QUALIFY row_number() OVER "  # noqa: S608
        f"(PARTITION BY {identity} ORDER BY received_at DESC, upload_row DESC) = 1"
    )
