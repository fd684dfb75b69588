"""A folder of tables on any file system that Spark reaches: local, HDFS or S3.

Each batch writes whole folders of its own, again when it is repeated, so nothing is added twice.
Spark writes `_SUCCESS` last: a folder that has it is complete.
"""

from collections.abc import Iterator
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType


class TableStore:
    """`root/table/batch=N`, for every table and every batch."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self.spark = spark
        self.root = root.rstrip("/")

    def write(self, frame: DataFrame, table: str, batch: int, *, by: tuple[str, ...] = ()) -> None:
        """Write the batch's part of a table, replacing the result of an earlier attempt."""
        writer = frame.write.mode("overwrite").option("partitionOverwriteMode", "static")
        writer.partitionBy(*by).parquet(self._part(table, batch))

    def part(self, table: str, batch: int, schema: str | StructType) -> DataFrame:
        """The batch's part of a table."""
        return self.spark.read.schema(schema).parquet(self._part(table, batch))

    def table(self, table: str, schema: str) -> DataFrame:
        """All parts of a table that are complete, `batch` among the columns; empty without one."""
        parts = [self._part(table, batch) for batch in self.batches(table)]
        if not parts:
            return self.spark.createDataFrame([], f"{schema}, batch bigint")
        reader = self.spark.read.schema(f"{schema}, batch bigint")
        return reader.option("basePath", f"{self.root}/{table}").parquet(*parts)

    def batches(self, table: str) -> list[int]:
        """The complete parts of a table, in order."""
        return sorted(
            int(name.removeprefix("batch="))
            for name in self._children(f"{self.root}/{table}")
            if name.startswith("batch=") and self._exists(f"{self.root}/{table}/{name}/_SUCCESS")
        )

    def forget(self, table: str, batch: int) -> None:
        """Delete the batch's part of a table."""
        path = self._path(self._part(table, batch))
        self._system(path).delete(path, True)

    def claim(self, owner: str) -> str:
        """Whose folder it is: the first to ask owns it."""
        path = self._path(f"{self.root}/owner")
        system = self._system(path)
        if not system.exists(path):
            writing = system.create(path)
            writing.writeUTF(owner)
            writing.close()
        reading = system.open(path)
        found = str(reading.readUTF())
        reading.close()
        return found

    def _part(self, table: str, batch: int) -> str:
        return f"{self.root}/{table}/batch={batch}"

    def _children(self, name: str) -> Iterator[str]:
        path = self._path(name)
        if self._exists(name):
            for status in self._system(path).listStatus(path):
                yield status.getPath().getName()

    def _exists(self, name: str) -> bool:
        path = self._path(name)
        return bool(self._system(path).exists(path))

    def _path(self, name: str) -> Any:
        jvm: Any = self.spark.sparkContext._jvm
        return jvm.org.apache.hadoop.fs.Path(name)

    def _system(self, path: Any) -> Any:
        java: Any = self.spark.sparkContext._jsc
        return path.getFileSystem(java.hadoopConfiguration())
