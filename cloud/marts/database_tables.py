"""The marts as tables of a database, for BI tools: columns and indexes.

They hold only what can be computed again, so they have no migrations: a table whose columns are
not these is created anew and filled again.
"""

from typing import Any, Final

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    MetaData,
    String,
    Table,
    inspect,
)
from sqlalchemy.types import TypeEngine

from cloud.lake.curated.tables import CURATED_TABLES
from cloud.lake.tables import DAY, LakeTable
from cloud.marts.dimensions import DIM_DATE, DIM_LOCATION

PREFIX: Final = "mart_"
SQL_TYPES: Final[dict[pa.DataType, type[TypeEngine[Any]]]] = {
    pa.int64(): BigInteger,
    pa.string(): String,
    pa.bool_(): Boolean,
    pa.date32(): Date,
}

mart_metadata: Final = MetaData()
"""Apart from the tables of the product, which have migrations."""


def _define_mart(mart: LakeTable) -> Table:
    """A table with the columns of the mart; the keys, then `day`, identify a row.

    Without a primary key where a key can be null, such as the line of an order.
    """
    is_nullable = any(mart.schema.field(name).nullable for name in mart.sort_by)
    key = set() if is_nullable else {*mart.sort_by, DAY}
    return Table(
        f"{PREFIX}{mart.name}",
        mart_metadata,
        Column(DAY, Date, primary_key=DAY in key, nullable=False),
        *(_define_column(field, is_key=field.name in key) for field in mart.schema),
        Index(f"ix_{PREFIX}{mart.name}_location", "location", DAY),
    )


def _define_dimension(name: str, schema: pa.Schema) -> Table:
    """A table whose first column identifies a row."""
    columns = [_define_column(field, is_key=field.name == schema.names[0]) for field in schema]
    return Table(f"{PREFIX}{name}", mart_metadata, *columns)


def _define_column(field: pa.Field, *, is_key: bool) -> Column[Any]:
    return Column(
        field.name, SQL_TYPES[field.type](), primary_key=is_key, autoincrement=False,
        nullable=field.nullable and not is_key,
    )  # fmt: skip


PUBLISHED_MARTS: Final = {mart: _define_mart(mart) for mart in CURATED_TABLES}
dim_date: Final = _define_dimension("dim_date", DIM_DATE)
dim_location: Final = _define_dimension("dim_location", DIM_LOCATION)


def create_table(connection: Connection, table: Table) -> bool:
    """Create the table unless it has the right columns; whether it is new, and so empty."""
    found = inspect(connection)
    if found.has_table(table.name):
        if [column["name"] for column in found.get_columns(table.name)] == table.columns.keys():
            return False
        table.drop(connection)
    table.create(connection)
    return True
