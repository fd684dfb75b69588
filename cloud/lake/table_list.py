"""The tables of the lake as a document, for programs that do not import the cloud.

`provisioning/aws/lake/tables.json` is this document; the AWS tables are created from it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

from cloud.lake.tables import DAY, TIMESTAMP, LakeColumn, LakeTable

TYPE_NAMES: Final[Mapping[pa.DataType, str]] = {
    pa.int64(): "integer",
    pa.string(): "text",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    TIMESTAMP: "timestamp",
}
"""Names of the types in the document; a timestamp has microseconds and is in UTC."""


def describe_tables(tables: Iterable[LakeTable]) -> str:
    """The tables, sorted by name, as indented JSON."""
    found = sorted(tables, key=lambda table: table.full_name)
    return json.dumps({"tables": [_describe(table) for table in found]}, indent=2) + "\n"


def _describe(table: LakeTable) -> dict[str, Any]:
    return {
        "zone": table.zone.value,
        "name": table.name,
        "schema_version": table.schema_version,
        "partition": DAY,
        "columns": [_describe_column(column) for column in table.columns],
    }


def _describe_column(column: LakeColumn) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": TYPE_NAMES[column.type],
        "nullable": column.nullable,
        "description": column.description,
    }
