"""Marts on Spark 3.5, for fleets that one machine cannot compute. Needs onlooker[lake,spark].

The session must run in UTC with ANSI mode: an overflow is then an error. Rows of the result are
collected by the driver, one day at a time.
"""

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from pyarrow import fs

from cloud.lake.tables import DAY, TIMESTAMP, LakeTable
from cloud.marts.engine import LakeFiles, MartInputs

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SPARK_TYPES: Final = {
    pa.int64(): "bigint",
    pa.string(): "string",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    TIMESTAMP: "timestamp",
}
REQUIRED: Final = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}


class SparkSettingsError(ValueError):
    """A session whose results would differ from those of other engines."""


class SparkEngine:
    """A `MartEngine` on a session of Spark."""

    def __init__(self, spark: "SparkSession") -> None:
        """Use the session.

        Raises:
            SparkSettingsError: it does not run in UTC, or an overflow would not be an error.
        """
        for name, expected in REQUIRED.items():
            found = spark.conf.get(name, "")
            if found != expected:
                raise SparkSettingsError(f"{name} is {found!r}: set it to {expected!r}")
        self._spark = spark

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        """See `MartEngine.run`."""
        for name, source in inputs.items():
            frame = self._read(source) if isinstance(source, LakeFiles) else self._create(source)
            frame.createOrReplaceTempView(name)
        try:
            rows: list[Any] = self._spark.sql(sql).collect()
        finally:
            for name in inputs:
                self._spark.catalog.dropTempView(name)
        schema = result.schema.append(pa.field(DAY, pa.date32()))
        columns = zip(*rows, strict=True) if rows else [()] * len(schema)
        names = rows[0].__fields__ if rows else schema.names
        found = dict(zip(names, columns, strict=True))
        return pa.table(
            [pa.array(found[field.name], field.type) for field in schema], names=schema.names
        )

    def _read(self, source: LakeFiles) -> "DataFrame":
        schema = _to_ddl(source.table.schema.append(pa.field(DAY, pa.date32())))
        if not source.files:
            return self._spark.createDataFrame([], schema)
        base, paths = locate_files(source)
        frame = self._spark.read.schema(schema).option("basePath", base).parquet(*paths)
        if source.within is None:
            return frame
        column, first, end = source.within.column, source.within.starts_at, source.within.ends_at
        return frame.where(
            f"{column} >= TIMESTAMP '{first.isoformat()}' AND "
            f"{column} < TIMESTAMP '{end.isoformat()}'"
        )

    def _create(self, rows: pa.Table) -> "DataFrame":
        return self._spark.createDataFrame(
            list(zip(*(column.to_pylist() for column in rows.columns), strict=True)),
            _to_ddl(rows.schema),
        )


def locate_files(source: LakeFiles) -> tuple[str, list[str]]:
    """The folder of the table and its files, as Spark takes them."""
    is_local = isinstance(source.storage.filesystem, fs.LocalFileSystem)
    scheme = "file://" if is_local else "s3://"
    table = f"{source.table.zone}/{source.table.name}"
    paths = [table, *(file.path for file in source.files)]
    base, *files = (f"{scheme}{source.storage.locate(path)}" for path in paths)
    return base, files


def _to_ddl(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {SPARK_TYPES[field.type]}" for field in schema)
