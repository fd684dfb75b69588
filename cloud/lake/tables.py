"""Tables of the lake: their zone, columns and versions of the schema.

A schema evolves by added columns only. A column names the version that added it; files of earlier
versions are read with null in it.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyarrow as pa

DAY: Final = "day"
"""The partition column: it is in the path of a file and not in the file."""
TIMESTAMP: Final = pa.timestamp("us", tz="UTC")
COLUMN_TYPES: Final = (pa.int64(), pa.string(), pa.bool_(), pa.date32(), TIMESTAMP)
"""Types that DuckDB and Spark read alike."""


class Zone(StrEnum):
    """The zones, in the order in which rows pass through them."""

    LANDING = "landing"  # as received
    RAW = "raw"  # typed columns
    TRUSTED = "trusted"  # rows that meet their contract, without duplicates
    CURATED = "curated"  # results


class TableDefinitionError(ValueError):
    """A table that cannot be defined as written."""


class SchemaMismatchError(ValueError):
    """Rows whose columns are not those of the table."""


@dataclass(frozen=True, slots=True)
class LakeColumn:
    """One column; `since` is the schema version that added it."""

    name: str
    type: pa.DataType
    description: str
    nullable: bool = False
    since: int = 1


@dataclass(frozen=True, slots=True)
class LakeTable:
    """A table of one zone. Files hold `columns` in this order, sorted by `sort_by`.

    With `split_by`, which is the first column of `sort_by`, a file holds one value of it: a query
    for one value opens no file of another.
    """

    zone: Zone
    name: str
    columns: tuple[LakeColumn, ...]
    sort_by: tuple[str, ...]
    split_by: str | None = None

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        repeated = [name for name, times in Counter(names).items() if times > 1]
        unknown = [name for name in self.sort_by if name not in names]
        late = [column.name for column in self.columns if column.since > 1 and not column.nullable]
        other = [column.name for column in self.columns if column.type not in COLUMN_TYPES]
        is_null = any(one.nullable for one in self.columns if one.name == self.split_by)
        checks = (
            (not repeated, f"columns are given twice: {', '.join(repeated)}"),
            (not unknown, f"sort_by names columns that it does not have: {', '.join(unknown)}"),
            (DAY not in names, f"{DAY!r} is the partition column and cannot be in the files"),
            (not late, f"added columns must be nullable: {', '.join(late)}"),
            (
                self.split_by in (None, *self.sort_by[:1]),
                f"split_by is {self.split_by} and not the first column of sort_by",
            ),
            (not is_null, f"split_by names a column that may be null: {self.split_by}"),
            (not other, f"columns of a type that the engines do not share: {', '.join(other)}"),
        )
        for holds, sentence in checks:
            if not holds:
                raise TableDefinitionError(f"{self.full_name}: {sentence}")

    @property
    def full_name(self) -> str:
        """As the manifest names it: `zone.table`."""
        return f"{self.zone}.{self.name}"

    @property
    def schema_version(self) -> int:
        """The version of files written now."""
        return max((column.since for column in self.columns), default=1)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of files written now."""
        return pa.schema(
            [pa.field(column.name, column.type, column.nullable) for column in self.columns]
        )

    def conform(self, rows: pa.Table) -> pa.Table:
        """Return the rows with exactly the table's columns, in their order and types.

        Raises:
            SchemaMismatchError: a column is missing, unknown, of another type, or holds null where
                the table does not allow it. A missing column that is nullable becomes null.
        """
        unknown = sorted(set(rows.column_names) - {column.name for column in self.columns})
        if unknown:
            raise SchemaMismatchError(
                f"{self.full_name} has no column {', '.join(unknown)}: its columns are "
                f"{', '.join(self.schema.names)}"
            )
        return pa.table([self._conform_column(column, rows) for column in self.columns],
                        schema=self.schema)  # fmt: skip

    def _conform_column(self, column: LakeColumn, rows: pa.Table) -> pa.ChunkedArray:
        if column.name not in rows.column_names:
            if not column.nullable:
                raise SchemaMismatchError(f"{self.full_name}: column {column.name} is missing")
            return pa.chunked_array([pa.nulls(len(rows), column.type)])
        values = rows.column(column.name)
        if values.type != column.type:
            try:
                values = values.cast(column.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise SchemaMismatchError(
                    f"{self.full_name}: column {column.name} is {values.type} and not "
                    f"{column.type}: {str(error).splitlines()[0]}"
                ) from error
        if values.null_count and not column.nullable:
            raise SchemaMismatchError(
                f"{self.full_name}: column {column.name} holds null in {values.null_count} of "
                f"{len(rows)} rows"
            )
        return values
