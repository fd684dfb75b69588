"""Tables of data products, as their contracts declare them.

`contracts/trusted.NAME.yaml` declares a trusted table and, with the same columns, the raw table
that it is promoted from; `contracts/curated.NAME.yaml` a result, which `sql/NAME.sql` or
`analyses/NAME.yaml` computes.
Rows of uploads also say which upload and which row of its file they come from. The day of such a
row is the UTC date on which the file was received: a file of any size and span is one day of the
lake.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import pyarrow as pa

from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone
from cloud.lake.trusted.contract import Contract, ContractColumn, read_contract
from cloud.lake.trusted.product_folders import find_product_folders
from cloud.yaml_document import DocumentError

ARROW_TYPES: Final[Mapping[str, pa.DataType]] = {
    "BIGINT": pa.int64(),
    "VARCHAR": pa.string(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP WITH TIME ZONE": TIMESTAMP,
}
RECEIVED_AT: Final = "received_at"
ROW_ORIGIN: Final = (
    ContractColumn("upload", "VARCHAR", "upload that the row came with", True),
    ContractColumn("upload_row", "BIGINT", "row of its file, counted from 1", True),
    ContractColumn(
        RECEIVED_AT, "TIMESTAMP WITH TIME ZONE", "when the file was received; its date is the day",
        True,
    ),
)  # fmt: skip
"""Columns that every table of uploads has besides those of its contract."""


@dataclass(frozen=True, slots=True)
class DeclaredTable:
    """A table of a data product, the contract of its rows, and how a result is computed."""

    product: str
    table: LakeTable
    contract: Contract
    sql: str = ""
    analysis: str = ""

    @property
    def is_result(self) -> bool:
        """Whether it is computed from other tables."""
        return bool(self.sql or self.analysis)

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables that the SQL of a result reads, as `zone.table`, in their order."""
        text = f"{self.sql} {self.analysis}"
        named = re.findall(rf"\b({Zone.TRUSTED}|{Zone.CURATED})[_.](\w+)", text)
        return tuple(dict.fromkeys(f"{zone}.{name}" for zone, name in named))


@cache
def declared_tables() -> tuple[DeclaredTable, ...]:
    """All tables of all products; a trusted table stands for its raw table too.

    Raises:
        DocumentError: a contract is not valid; it names the file and the place.
    """
    found: dict[str, DeclaredTable] = {}
    for folder in find_product_folders():
        for path in sorted((folder / "contracts").glob("*.yaml")):
            one = _read_table(folder.name, path)
            if one.table.full_name in found:
                raise DocumentError(f"{path}: {one.table.full_name} is declared twice")
            found[one.table.full_name] = one
    return tuple(found.values())


def declared_contract(full_name: str) -> Contract | None:
    """The contract of a declared table; that of a raw table has no rules."""
    zone, _, name = full_name.partition(".")
    declared = f"{Zone.TRUSTED}.{name}" if zone == Zone.RAW else full_name
    for one in declared_tables():
        if one.table.full_name == declared:
            is_raw = zone == Zone.RAW
            return replace(one.contract, table_name=full_name, rules=()) if is_raw else one.contract
    return None


def list_declared(zone: Zone) -> tuple[LakeTable, ...]:
    """The declared tables of one zone."""
    source = Zone.TRUSTED if zone is Zone.RAW else zone
    tables = (one.table for one in declared_tables() if one.table.zone is source)
    return tuple(replace(table, zone=zone) for table in tables)


def _read_table(product: str, path: Path) -> DeclaredTable:
    zone, _, name = path.stem.partition(".")
    if zone not in (Zone.TRUSTED, Zone.CURATED) or not name.startswith(f"{product}_"):
        raise DocumentError(
            f"{path}: found a file of this name, expected trusted.{product}_TABLE.yaml or "
            f"curated.{product}_TABLE.yaml"
        )
    contract = read_contract(path.stem, path.parent)
    if zone == Zone.TRUSTED:
        contract = replace(contract, columns=(*contract.columns, *ROW_ORIGIN))
        sort_by: tuple[str, ...] = ("upload", "upload_row")
        sql, analysis = "", ""
    else:
        sort_by, (sql, analysis) = contract.identity, _read_computation(path)
    columns = tuple(_to_column(path, column) for column in contract.columns)
    table = LakeTable(Zone(zone), name, columns, sort_by)
    return DeclaredTable(product, table, contract, sql, analysis)


def _read_computation(contract: Path) -> tuple[str, str]:
    """The SQL of a result, or its analysis."""
    name, folder = contract.stem.partition(".")[2], contract.parents[1]
    sql, analysis = folder / "sql" / f"{name}.sql", folder / "analyses" / f"{name}.yaml"
    try:
        if analysis.exists():
            return "", analysis.read_text("utf-8")
        return sql.read_text("utf-8"), ""
    except OSError as error:
        raise DocumentError(
            f"{contract}: {sql} cannot be read: {error.strerror or error}"
        ) from error


def _to_column(path: Path, column: ContractColumn) -> LakeColumn:
    if column.type not in ARROW_TYPES:
        raise DocumentError(
            f"{path}: column {column.name}: found the type {column.type}, expected one of "
            f"{', '.join(ARROW_TYPES)}"
        )
    return LakeColumn(
        column.name, ARROW_TYPES[column.type], column.description, nullable=not column.required
    )
