"""Marts on DuckDB: statements in a database of their own, with bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from cloud.lake.reader import create_view
from cloud.lake.spill import create_spill_folder
from cloud.lake.tables import LakeTable
from cloud.marts.engine import LakeFiles, MartInputs, MartValueError

MEMORY_LIMIT: Final = "400MB"
"""With it, a day of 1,000 locations and 1.7 million reports kept the process below 400 MB."""
SPILL_LIMIT: Final = "20GB"
"""Without a limit, DuckDB fills the disk."""


@dataclass(frozen=True, slots=True)
class DuckDbEngine:
    """A `MartEngine` of one process that opens a database for each statement; see `open`.

    Files beyond the memory limit are written to a folder below `spill`, which is deleted.
    """

    threads: int = 2
    memory_limit: str = MEMORY_LIMIT
    spill_limit: str = SPILL_LIMIT
    spill: Path | None = None

    @contextmanager
    def open(self) -> Iterator["OpenDuckDb"]:
        """A database for many statements: opening one takes 20 ms."""
        with (
            create_spill_folder(self.spill) as folder,
            duckdb.connect(config=self._configure(str(folder / "spill"))) as connection,
        ):
            connection.execute("SET TimeZone = 'UTC'")
            yield OpenDuckDb(connection)

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        """See `MartEngine.run`."""
        with self.open() as database:
            return database.run(sql, inputs, result)

    def _configure(self, folder: str) -> dict[str, Any]:
        return {
            "threads": self.threads,
            "memory_limit": self.memory_limit,
            "temp_directory": folder,
            "max_temp_directory_size": self.spill_limit,
            "preserve_insertion_order": "false",
        }


@dataclass(slots=True)
class OpenDuckDb:
    """A `MartEngine` on one open database; one thread may use it at a time.

    The views of a statement are left to the next one that reads the same inputs.
    """

    connection: duckdb.DuckDBPyConnection
    inputs: dict[str, LakeFiles | pa.Table] = field(default_factory=dict)

    def run(self, sql: str, inputs: MartInputs, result: LakeTable) -> pa.Table:
        """See `MartEngine.run`."""
        self._replace_views(inputs)
        try:
            return self.connection.sql(sql).to_arrow_table()
        except duckdb.DataError as error:
            raise MartValueError(str(error).strip().splitlines()[0]) from error

    def _replace_views(self, inputs: MartInputs) -> None:
        """Create the views of these inputs, and drop those of others."""
        for name in [name for name in self.inputs if self.inputs[name] is not inputs.get(name)]:
            self.connection.execute(f"DROP VIEW IF EXISTS {name}")
            self.connection.unregister(name)
            del self.inputs[name]
        for name, source in inputs.items():
            if name in self.inputs:
                continue
            if isinstance(source, LakeFiles):
                _create_view(self.connection, name, source)
            else:
                self.connection.register(name, source)
            self.inputs[name] = source


def _create_view(connection: duckdb.DuckDBPyConnection, name: str, source: LakeFiles) -> None:
    files = name if source.within is None else f"{name}_files"
    create_view(connection, source.storage, source.table, source.files, name=files)
    if source.within is not None:
        column, first, end = source.within.column, source.within.starts_at, source.within.ends_at
        connection.execute(
            f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {files} WHERE {column} >= "  # noqa: S608
            f"TIMESTAMPTZ '{first.isoformat()}' AND {column} < TIMESTAMPTZ '{end.isoformat()}'"
        )
