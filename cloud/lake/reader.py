"""Read a snapshot with DuckDB or Arrow: exactly the files that the manifest lists."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

from cloud.database import reading
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile, read_files
from cloud.lake.storage import Storage
from cloud.lake.tables import DAY, TIMESTAMP, LakeColumn, LakeTable

SQL_TYPES: Final = {
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
}

LOCAL_PARQUET: Final = ds.ParquetFileFormat(
    default_fragment_scan_options=ds.ParquetFragmentScanOptions(pre_buffer=False)
)
"""Reading columns ahead pays off over a network only."""


def read_table(
    lake: Lake,
    table: LakeTable,
    *,
    at: int | None = None,
    days: Collection[date] | None = None,
) -> pa.Table:
    """The rows of a snapshot in memory, with `day`; for tests and small tables."""
    with reading(lake.engine) as connection:
        files = read_files(connection, table.full_name, at=at, days=days)
    return to_dataset(lake.storage, table, files).to_table()


def to_dataset(storage: Storage, table: LakeTable, files: Sequence[DataFile]) -> ds.Dataset:
    """The files as an Arrow dataset with the table's present columns and `day`.

    No file is opened before rows are read. One whose day, or value of `split_by`, a filter leaves
    out is not opened at all.
    """
    schema = table.schema.append(pa.field(DAY, pa.date32()))
    if not files:
        return ds.dataset(schema.empty_table())
    parquet = LOCAL_PARQUET if storage.is_local else ds.ParquetFileFormat()
    fragments = [
        parquet.make_fragment(
            storage.locate(file.path),
            storage.filesystem,
            partition_expression=_describe_part(table, file),
        )
        for file in files
    ]
    return ds.FileSystemDataset(fragments, schema, parquet, storage.filesystem)


def _describe_part(table: LakeTable, file: DataFile) -> ds.Expression:
    """What holds for every row of the file."""
    is_of_day = ds.field(DAY) == pa.scalar(file.day, pa.date32())
    if table.split_by is None:
        return is_of_day
    return is_of_day & (ds.field(table.split_by) == file.bounds[table.split_by][0])


def create_view(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    table: LakeTable,
    files: Sequence[DataFile],
    *,
    name: str | None = None,
) -> None:
    """Create a view of the files in DuckDB, named `zone_table` unless a name is given.

    It replaces another view of the name. Local files are read by DuckDB itself, which takes half
    the time and memory of an Arrow dataset.
    """
    view = name or f"{table.zone}_{table.name}"
    if not files or not isinstance(storage.filesystem, fs.LocalFileSystem):
        connection.execute(f"DROP VIEW IF EXISTS {view}")
        connection.register(view, to_dataset(storage, table, files))
        return
    columns = ", ".join(_expression(column, files) for column in table.columns)
    paths = ", ".join(_quote(storage.locate(file.path)) for file in files)
    mixed = len({file.schema_version for file in files}) > 1
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {columns}, {DAY} "  # noqa: S608
        f"FROM read_parquet([{paths}], union_by_name={str(mixed).lower()}, hive_partitioning=true, "
        f"hive_types={{'{DAY}': DATE}})"
    )


def _expression(column: LakeColumn, files: Sequence[DataFile]) -> str:
    """The column, or null where no file is new enough to have it."""
    if any(file.schema_version >= column.since for file in files):
        return column.name
    return f"CAST(NULL AS {SQL_TYPES[column.type]}) AS {column.name}"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
